package dev.holdfast.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.holdfast.testkit.Desk;
import dev.holdfast.testkit.Desk.Look;
import dev.holdfast.testkit.Receiver;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Lanes, workers, schedules and webhooks. */
@Tag("console")
class OperatorPagesIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static Tenant tenant;

    @BeforeAll
    static void begin() {
        tenant = Desk.tenant();
        try (var desk = Desk.open(Look.NARROW).logIn("operator")) {
            for (var page : List.of("lanes", "workers", "schedules", "webhooks")) {
                assertThat(desk.go("/" + page).page().locator(".empty")).containsText("curl");
                desk.holds(page + "-empty");
            }
        }
    }

    @Test
    void aLaneIsMadeChangedAndPausedAndAnEditThatCameLaterIsTold() {
        try (var desk = Desk.open().logIn("operator")) {
            var page = desk.go("/lanes/-/new").page();
            page.getByLabel("Name").fill("letters");
            page.getByLabel("Silence until dead").fill("90 s");
            page.getByLabel("Claim without a beat until dead").fill("1 min");
            press(page, "Make the lane");
            assertThat(page.locator(".field.wrong")).containsText("must not be below heartbeatTimeout");
            assertThat(page.getByLabel("Silence until dead")).hasValue("90 s");
            desk.holds("lane-form-wrong");
            page.getByLabel("Claim without a beat until dead").fill("1 h 30 min");
            press(page, "Make the lane");
            assertThat(page.locator("h1")).hasText("Lane letters");
            var lane = tenant.api().get("/api/v1/lanes/letters").expect(200).json();
            assertThat(lane.path("heartbeatTimeout").asText()).isEqualTo("PT1M30S");
            assertThat(lane.path("claimTimeout").asText()).isEqualTo("PT1H30M");

            press(page, "Pause this lane");
            assertThat(page.locator(".head")).containsText("paused");
            desk.go("/lanes/letters/edit");
            page.getByLabel("Losses forgiven").fill("7");
            tenant.api()
                    .with("If-Match", "\"" + version() + "\"")
                    .put("/api/v1/lanes/letters", Map.of("maxLost", 5, "paused", true))
                    .expect(200);
            press(page, "Save");
            assertThat(page.locator("[role=alert]")).containsText("Somebody has changed this lane");
            assertThat(page.locator("[role=alert] tr", has("Losses forgiven")))
                    .containsText(Pattern.compile("5.*7", Pattern.DOTALL));
            desk.holds("lane-form-changed");
            press(page, "Save mine over theirs");
            var saved = tenant.api().get("/api/v1/lanes/letters").expect(200).json();
            assertThat(saved.path("maxLost").asInt()).isEqualTo(7);
            assertThat(saved.path("paused").asBoolean()).isTrue();
            desk.go("/lanes");
            page.getByLabel("Unpause letters").click();
            assertThat(page.locator("[data-said]")).containsText("Unpaused");
        }
        assertThat(tenant.api()
                        .get("/api/v1/lanes/letters")
                        .expect(200)
                        .json()
                        .path("paused")
                        .asBoolean())
                .isFalse();
    }

    @Test
    void lanesAndWorkersShowWhatIsInThem() {
        tenant.lane("busy", Map.of("maxInFlight", 5));
        tenant.claimed("busy");
        tenant.beating("quick");
        for (int i = 0; i < 3; i++) {
            tenant.api().submit("lonely");
        }
        try (var desk = Desk.open(Look.DARK).logIn("viewer")) {
            var page = desk.go("/lanes").page();
            assertThat(page.locator("main button, main .button:visible")).hasCount(0);
            assertThat(page.locator("nav.side")).not().containsText("Schedules");
            assertThat(page.locator("tr", has("busy"))).containsText("/ 5");
            desk.holds("lanes");
            desk.go("/lanes/busy").holds("lane");
            assertThat(page.locator("main button")).hasCount(0);
            desk.go("/workers").holds("workers");
            assertThat(page.locator("tr", has("worker-of-busy"))).containsText("never");
            assertThat(page.locator("tr", has("worker-of-quick")).locator("td[data-label='Last beat'] time"))
                    .hasCount(1);
            assertThat(desk.post("/lanes/busy/pause", Map.of())).isEqualTo(403);
            assertThat(desk.go("/schedules").page().locator("h1")).hasText("You may not do this");
        }
    }

    @Test
    void aScheduleIsMadeRunDisabledAndDeleted() {
        try (var desk = Desk.open().logIn("operator")) {
            var page = desk.go("/schedules/-/new").page();
            page.getByLabel("Name").fill("nightly");
            page.getByLabel("Lane", new Page.GetByLabelOptions().setExact(true)).fill("reports");
            page.getByLabel("Cron").fill("0 2 * * *");
            page.getByLabel("Input of its runs").fill("{\"page\": }");
            press(page, "Make the schedule");
            assertThat(page.locator(".field.wrong")).containsText("line 1");
            assertThat(page.getByLabel("Input of its runs")).hasValue("{\"page\": }");
            page.getByLabel("Input of its runs").fill("{\"page\": 1}");
            page.getByLabel("Time zone").fill("Mars/Olympus");
            press(page, "Make the schedule");
            assertThat(page.locator(".field.wrong")).containsText("must be a time zone");
            desk.holds("schedule-form");
            page.getByLabel("Time zone").fill("Europe/Berlin");
            press(page, "Make the schedule");
            assertThat(page.locator(".firings li")).hasCount(5);

            press(page, "Run now");
            assertThat(page.locator("[data-said]")).containsText("A run was made");
            assertThat(page.locator("[data-part=runs] li")).hasCount(1);
            desk.holds("schedule");
            press(page, "Disable");
            assertThat(page.locator(".head")).containsText("disabled");
            desk.go("/schedules").holds("schedules");
            desk.go("/schedules/nightly/edit");
            page.getByLabel("Cron").fill("*/5 * * * *");
            press(page, "Save");
            assertThat(page.locator("[data-part=facts]")).containsText("*/5 * * * *");
            page.getByText("Delete…").click();
            press(page, "Delete this schedule");
            assertThat(page.locator("[data-said]")).containsText("Its runs stay");
        }
        tenant.api().get("/api/v1/schedules/nightly").expect(404);
    }

    @Test
    void aWebhookIsMadeItsSecretShownOnceAndADeliverySentAgain() {
        try (var receiver = Receiver.open();
                var desk = Desk.open().logIn("operator")) {
            var page = desk.go("/webhooks/-/new").page();
            page.getByLabel("URL").fill("https://10.0.0.1/inside");
            page.getByLabel("Events").fill("submitted nonsense");
            press(page, "Make the webhook");
            assertThat(page.locator(".field.wrong")).hasCount(2);
            desk.holds("webhook-form");
            page.getByLabel("URL").fill(receiver.url());
            page.getByLabel("Events").fill("submitted");
            page.getByLabel("Lanes").fill("parcels");
            press(page, "Make the webhook");
            assertThat(page.locator("#its-secret")).containsText("whsec_");
            desk.holds("webhook-secret");
            page.getByText("I have it").click();
            assertThat(page.locator("main")).not().containsText("whsec_");

            tenant.api().submit("parcels");
            await().atMost(PATIENCE).until(() -> delivered("delivered") == 1);
            page.reload();
            assertThat(page.locator("tbody tr")).hasCount(1);
            page.getByText("Send again", new Page.GetByTextOptions().setExact(true))
                    .click();
            assertThat(page.locator("[data-said]")).containsText("sent again");
            await().atMost(PATIENCE).until(() -> receiver.messages().size() == 2);
            receiver.answering(500);
            tenant.api().submit("parcels");
            await().atMost(PATIENCE).until(() -> delivered("failed") > 0);
            page.reload();
            assertThat(page.locator("[data-part=state]")).containsText("was not taken");
            desk.holds("webhook");
            desk.go("/webhooks").holds("webhooks");
            page.locator("tbody th a").click();
            page.getByText("Delete…").click();
            press(page, "Delete this webhook");
            assertThat(page.locator(".empty")).containsText("No webhooks yet");
        }
        try (var desk = Desk.open(Look.NARROW).logIn("operator")) {
            for (var form : List.of("lanes", "schedules", "webhooks")) {
                desk.go("/" + form + "/-/new").holds(form + "-new");
            }
        }
    }

    private static String version() {
        return tenant.api()
                .get("/api/v1/lanes/letters")
                .expect(200)
                .json()
                .path("version")
                .asText();
    }

    private static int delivered(String outcome) {
        var webhook = tenant.api()
                .get("/api/v1/webhooks")
                .expect(200)
                .json()
                .at("/items/0/id")
                .asText();
        return tenant.api()
                .get("/api/v1/webhooks/" + webhook + "/deliveries?outcome=" + outcome)
                .expect(200)
                .json()
                .path("items")
                .size();
    }

    private static void press(Page page, String button) {
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName(button).setExact(true))
                .click();
    }

    private static Page.LocatorOptions has(String text) {
        return new Page.LocatorOptions().setHasText(text);
    }
}
