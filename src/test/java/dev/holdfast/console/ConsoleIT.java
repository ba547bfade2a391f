package dev.holdfast.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Desk;
import dev.holdfast.testkit.Tenant;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The console as people use it. */
class ConsoleIT {
    private static Tenant tenant;

    @BeforeAll
    static void begin() {
        tenant = Desk.tenant();
    }

    @Test
    void aRunIsFoundAndPausedAndResumed() {
        var run = tenant.api()
                .submit("letters", Map.of("subject", "letter-1", "input", Map.of("to", "<b>Ada</b>")))
                .path("id")
                .asText();
        try (var desk = Desk.open().logIn("operator")) {
            var page = desk.go("/runs").page();
            desk.picture("runs");
            page.locator("a[href='/console/runs/" + run + "']").click();
            assertThat(page.locator("h1")).containsText("Run");
            desk.picture("run");
            page.getByText("Pause…").click();
            page.getByLabel("Why?").fill("the printer is out of paper");
            page.getByText("Pause this run").click();
            assertThat(page.locator("[data-said]")).containsText("Paused");
            assertThat(page.locator(".timeline")).containsText("the printer is out of paper");
            assertThat(desk.barriers()).isEmpty();
        }
        assertThat(tenant.run(run).path("state").asText()).isEqualTo("suspended");
    }
}
