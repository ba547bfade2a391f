package dev.holdfast.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Desk;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The console as people use it, with the mouse and without. */
@Tag("console")
class ConsoleIT {
    private static Tenant tenant;

    private final String lane = "lane-" + UUID.randomUUID();

    @BeforeAll
    static void begin() {
        tenant = Desk.tenant();
    }

    @Test
    void theStuckRunIsFoundAndResumed() {
        var run = stuck();
        try (var desk = Desk.open().logIn("operator")) {
            var page = desk.go("/").page();
            page.locator(".findings").getByText("Look at them").first().click();
            assertThat(page.locator("h1")).hasText("Runs");
            page.locator("a[href$='" + run + "']").click();
            assertThat(page.locator(".why")).containsText("Its owner is dead");
            page.getByText("Resume…").click();
            page.locator("#why-resume").fill("its worker is gone");
            page.getByText("Resume this run").click();
            assertThat(page.locator("[data-said]")).containsText("queued again");
            assertThat(page.locator(".timeline")).containsText("“its worker is gone”");
        }
        assertThat(tenant.run(run).path("state").asText()).isEqualTo("queued");
    }

    @Test
    void theStuckRunIsFoundAndResumedByKeyboardAlone() {
        var run = stuck();
        try (var desk = Desk.open().logIn("operator")) {
            var page = desk.page();
            assertThat(page.locator("h1")).hasText("Overview");
            desk.press("/");
            page.keyboard().type(lane);
            desk.press("Enter");
            assertThat(page.locator("tr[data-key]")).hasCount(1);
            desk.press("j", "Enter");
            page.waitForURL("**/runs/" + run);
            desk.tabTo("Resume…").press("Enter");
            desk.tabTo("Why? (kept in the timeline)");
            page.keyboard().type("by hand");
            desk.tabTo("Resume this run").press("Enter");
            assertThat(page.locator("[data-said]")).containsText("queued again");
        }
        assertThat(tenant.run(run).path("state").asText()).isEqualTo("queued");
    }

    @Test
    void twentyAreCancelledByFilter() {
        var runs = submitted(20);
        var other = tenant.api().submit("other-" + lane).path("id").asText();
        try (var desk = Desk.open().logIn("operator")) {
            var page = desk.go("/runs").page();
            page.getByText("Filter").first().click();
            page.locator("#f-lane").fill(lane);
            page.getByText("Apply").click();
            page.getByText("cancel all that match…").click();
            assertThat(page.locator("h1")).hasText("Cancel 20 runs?");
            page.getByLabel("Why?").fill("ordered twice");
            page.locator("button.danger").click();
            assertThat(page.locator("[data-said]")).hasText("Cancelled: 20.");
            assertThat(page.locator(".rows .st-cancelled")).hasCount(20);
        }
        assertThat(runs)
                .allSatisfy(run ->
                        assertThat(tenant.run(run).path("state").asText()).isEqualTo("cancelled"));
        assertThat(tenant.events(runs.get(7)).get(1).path("reason").asText()).isEqualTo("ordered twice");
        assertThat(tenant.run(other).path("state").asText()).isEqualTo("queued");
    }

    @Test
    void twentyAreCancelledByKeyboardAlone() {
        var runs = submitted(20);
        try (var desk = Desk.open().logIn("operator")) {
            var page = desk.go("/runs?lane=" + lane).page();
            desk.tabTo("Choose all on this page").press("Space");
            assertThat(page.locator("[data-picked]")).hasText("With 20 chosen:");
            desk.press("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab");
            assertThat(page.locator("button[value=cancel]")).isFocused();
            desk.press("Enter");
            assertThat(page.locator("#reason")).isFocused();
            page.keyboard().type("ordered twice");
            desk.tabTo("Cancel 20 runs").press("Enter");
            assertThat(page.locator("[data-said]")).hasText("Cancelled: 20.");
        }
        assertThat(tenant.run(runs.get(19)).path("state").asText()).isEqualTo("cancelled");
    }

    @Test
    void aRunThatHasMovedMeanwhileIsShownAsItIsAndNotMovedAgain() {
        var run = tenant.api().submit(lane).path("id").asText();
        try (var desk = Desk.open().logIn("operator")) {
            var page = desk.go("/runs/" + run).page();
            page.getByText("Cancel…").click();
            page.locator("#why-cancel").fill("what I think");
            tenant.api().post("/api/v1/runs/" + run + "/pause", Map.of()).expect(200);
            page.getByText("Cancel this run").click();
            assertThat(page.locator("[role=alert]")).containsText("Version mismatch");
            assertThat(page.locator(".head")).containsText("paused");
            assertThat(page.locator("#why-cancel")).hasValue("what I think");
        }
        assertThat(tenant.run(run).path("state").asText()).isEqualTo("suspended");
    }

    @Test
    void pagesRenewThemselvesAndRowsDoNotMove() {
        var first = tenant.api().submit(lane).path("id").asText();
        try (var desk = Desk.open().logIn("viewer")) {
            var page = desk.go("/runs?lane=" + lane).page();
            assertThat(page.locator("main")).hasAttribute("data-connected", "yes");
            page.evaluate("() => { window.untouched = true }");

            var claim = tenant.api().claimOne("w", lane);
            assertThat(page.locator("tr[data-key='" + first + "']")).containsText("claimed");
            var second = tenant.api().submit(lane).path("id").asText();
            assertThat(page.locator("[data-fresh]")).hasText("1 new: show");
            assertThat(page.locator("tr[data-key]")).hasCount(1);

            var other = desk.page().context().newPage();
            other.navigate("/console/runs/" + first);
            assertThat(other.locator("main")).hasAttribute("data-connected", "yes");
            tenant.api().complete(claim).expect(200);
            assertThat(other.locator(".head")).containsText("completed");
            assertThat(other.locator(".timeline li")).hasCount(3);
            other.close();

            assertThat(page.locator("tr[data-key='" + first + "']")).containsText("completed");
            assertThat((Boolean) page.evaluate("() => window.untouched")).isTrue();
            page.locator("[data-fresh] a").click();
            assertThat(page.locator("tr[data-key]").first()).hasAttribute("data-key", second);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"viewer", "approver"})
    void whoMayOnlyLookSeesNoButtons(String person) {
        var run = stuck();
        try (var desk = Desk.open().logIn(person)) {
            var page = desk.page();
            for (var path : List.of("/", "/runs", "/runs/" + run, "/sweeps")) {
                desk.go(path);
                assertThat(page.locator("main form[method=post]")).hasCount(0);
                assertThat(page.locator("main button:not(.quiet)")).hasCount(path.equals("/runs") ? 1 : 0); // Apply
            }
            assertThat(page.locator(".side")).not().containsText("Keys");
            assertThat(desk.go("/keys").page().locator("h1")).hasText("You may not do this");
            assertThat(desk.go("/runs/confirm?move=cancel&id=" + run).page().locator("h1"))
                    .hasText("You may not do this");
        }
        assertThat(tenant.run(run).path("state").asText()).isEqualTo("claimed");
    }

    @Test
    void anEndedSessionLosesNothingThatWasTyped() {
        var run = tenant.api().submit(lane).path("id").asText();
        try (var desk = Desk.open().logIn("operator")) {
            var page = desk.go("/runs/" + run).page();
            page.getByText("Pause…").click();
            page.locator("#why-pause").fill("a <long> & thoughtful reason");
            Rows.ofCluster()
                    .change(
                            "update console_sessions set last_seen_at = last_seen_at - interval 'PT31M' where tenant_id = ?",
                            tenant.id());
            page.getByText("Pause this run").click();
            assertThat(page.locator(".note")).containsText("what you typed is kept");
            desk.fillInAgain("operator");
            assertThat(page.locator("dl")).containsText("a <long> & thoughtful reason");
            assertThat(tenant.run(run).path("state").asText()).isEqualTo("queued");
            page.getByText("Send it now").click();
            assertThat(page.locator(".timeline")).containsText("“a <long> & thoughtful reason”");

            Rows.ofCluster()
                    .change(
                            "update console_sessions set created_at = created_at - interval 'PT12H' where tenant_id = ?",
                            tenant.id());
            desk.go("/runs?lane=" + lane);
            assertThat(page.locator(".note")).containsText("Your session has ended");
            desk.fillIn("operator");
            assertThat(page).hasURL(Desk.node().uri() + "/console/runs?lane=" + lane);
        }
    }

    @Test
    void keysAreMadeShownOnceAndRevoked() {
        try (var desk = Desk.open().logIn("administrator")) {
            var page = desk.go("/keys").page();
            page.getByText("New key…").click();
            page.getByLabel("Name").fill("of " + lane);
            page.getByLabel("submit runs").check();
            page.getByText("Make the key").click();
            var key = page.locator("#key").innerText();
            Api.at(Desk.node().uri()).withKey(key).submit(lane);
            assertThat(desk.barriers()).isEmpty();
            assertThat(desk.go("/keys").page().content()).doesNotContain(key);
            page.getByText("Revoke of " + lane).click();
            page.getByText("Revoke it").click();
            assertThat(page.locator("[data-said]")).containsText("Revoked");
            Api.at(Desk.node().uri())
                    .withKey(key)
                    .post("/api/v1/runs", Map.of("lane", lane))
                    .expect(401, "key_revoked");
        }
    }

    @Test
    void aSweepIsRehearsedThenMade() {
        var run = stuck();
        try (var desk = Desk.open().logIn("operator")) {
            var page = desk.go("/sweeps").page();
            page.getByText("Sweep now…").click();
            page.locator("button[value=rehearse]").click();
            assertThat(page.locator("h1")).hasText("Rehearsal of a sweep");
            assertThat(page.locator(".rows")).containsText(run.substring(28));
            assertThat(tenant.run(run).path("state").asText()).isEqualTo("claimed");
            desk.go("/sweeps");
            page.getByText("Sweep now…").click();
            page.locator("button[value=sweep]").click();
            assertThat(page.locator("[data-said]")).containsText("Swept");
            assertThat(page.locator(".rows")).containsText(run.substring(28));
            assertThat(desk.barriers()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/runs", "/sweeps", "/keys"})
    void noPageFallsOverWhatSomebodyPutsIntoItsAddress(String path) {
        try (var desk = Desk.open().logIn("administrator")) {
            var page = desk.go(
                            path + "?cursor=%00%22%3Cb%3E&state=x&lane=%3Cscript%3Ealert(1)%3C/script%3E&said=%3Cb%3E")
                    .page();
            assertThat(page.locator("h1")).isVisible();
            assertThat(page.content()).doesNotContain("<script>alert");
        }
    }

    /** A run whose owner never came back. */
    private String stuck() {
        tenant.lane(lane, Map.of("heartbeat", "required"));
        Rows.ofCluster().holdFromSweeps(lane);
        var claim = tenant.claimed(lane);
        return tenant.shifted(claim, Duration.ofMinutes(10), Duration.ofMinutes(10))
                .runId();
    }

    private List<String> submitted(int number) {
        var runs = new ArrayList<String>();
        for (int i = 0; i < number; i++) {
            runs.add(tenant.api().submit(lane).path("id").asText());
        }
        return runs;
    }
}
