package dev.holdfast.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.holdfast.testkit.Desk;
import dev.holdfast.testkit.Desk.Look;
import dev.holdfast.testkit.Tenant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What waits for people, and what they say of it. */
@Tag("console")
class ApprovalsPageIT {
    private Tenant tenant;

    @BeforeEach
    void begin() {
        tenant = Desk.tenant();
    }

    @Test
    void whatWaitsIsListedByDeadlineWithExactlyWhatIsAsked() {
        try (var desk = Desk.open(Look.NARROW).logIn("viewer")) {
            assertThat(desk.go("/approvals").page().locator(".empty")).containsText("curl");
            desk.holds("approvals-empty");
        }
        asked("later", "PT2H", Map.of("text", "<img src=x onerror=alert(1)>", "odd", "a\u202Eb"));
        asked("sooner", "PT10M", Map.of("amount", 129.9, "text", "x".repeat(300)));
        asked("long", "PT3H", Map.of("text", "y".repeat(5000)));
        asked("quorum", "PT4H", Map.of("approvers", 2), Map.of("approvers", Map.of("required", 2)));

        try (var desk = Desk.open(Look.DARK).logIn("approver")) {
            var page = desk.go("/approvals").page();
            assertThat(page).hasTitle(Pattern.compile("^\\(4\\) Approvals.*"));
            assertThat(page.locator("a.title")).hasText(new String[] {"sooner", "later", "long", "quorum"});
            assertThat(page.locator("tr", has("later")).locator("pre"))
                    .hasText(Pattern.compile("<img src=x onerror=alert\\(1\\)>"));
            assertThat(page.locator("tr", has("later")).locator("pre")).containsText("a\\u202eb");
            assertThat(page.locator("tr", has("later"))).containsText("worker worker-of-later");
            assertThat(page.locator("tr", has("long")).locator("button")).hasCount(0);
            desk.holds("approvals-dark");
            page.getByText("Read, then decide").click();
            assertThat(page.locator("pre")).containsText("y".repeat(5000));
            desk.holds("approval-dark");
        }
        try (var desk = Desk.open(Look.NARROW).logIn("approver")) {
            desk.go("/approvals").holds("approvals-narrow");
            desk.page().locator("tr", has("quorum")).locator("a.title").click();
            desk.holds("approval-narrow");
        }
    }

    @Test
    void oneIsApprovedAndOneDeniedWithAReason() {
        var good = asked("good", "PT5M", Map.of("order", 1));
        var bad = asked("bad", "PT6M", Map.of("order", 2));
        try (var desk = Desk.open().logIn("approver")) {
            var page = desk.go("/approvals").page();
            page.getByLabel("Approve good", exact()).click();
            assertThat(page.locator("[data-said]")).containsText("Approved");
            page.locator("tr", has("bad")).getByText("Deny…").click();
            page.locator("tr", has("bad")).getByLabel("Why?").fill("order 2 was paid twice");
            page.locator("tr", has("bad")).getByText("Deny it").click();
            assertThat(page.locator("[data-said]")).containsText("Denied");
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Denied"))
                    .click();
            assertThat(page.locator("tbody")).containsText("order 2 was paid twice");
            desk.holds("approvals-denied");
        }
        assertThat(tenant.api().approval(good).path("status").asText()).isEqualTo("approved");
        assertThat(tenant.api().approval(bad).at("/decisions/0/reason").asText())
                .isEqualTo("order 2 was paid twice");
    }

    @Test
    void whoComesLaterIsToldWhoWasFirstAndWithWhat() {
        var id = asked("contested", "PT7M", Map.of("order", 3));
        try (var desk = Desk.open().logIn("approver")) {
            var page = desk.go("/approvals/" + id).page();
            page.getByLabel("Reason").fill("too expensive");
            Desk.as("administrator")
                    .post("/api/v1/approvals/" + id + "/decision", Map.of("approved", true, "reason", "the CEO agreed"))
                    .expect(200);
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Deny"))
                    .click();
            assertThat(page.locator("[role=alert]"))
                    .containsText(Pattern.compile(
                            "administrator approved it.*the CEO agreed.*denial has changed nothing.*too expensive",
                            Pattern.DOTALL));
            desk.holds("approval-late");
        }
        assertThat(tenant.api().approval(id).path("status").asText()).isEqualTo("approved");
    }

    @Test
    void severalAreDecidedAtOnceButNoneThatWasReadOtherwise() {
        var first = asked("several-1", "PT8M", Map.of("order", 4));
        var second = asked("several-2", "PT9M", Map.of("order", 5));
        try (var desk = Desk.open().logIn("approver")) {
            var page = desk.go("/approvals").page();
            page.getByLabel("Choose several-1").check();
            page.getByLabel("Choose several-2").check();
            page.locator(".tools").getByText("Approve…").click();
            assertThat(page.locator("h1")).hasText("Approve these 2?");
            desk.holds("approvals-confirm");
            page.getByLabel("Reason").fill("as agreed");
            page.locator("input[name=pick]")
                    .last()
                    .evaluate("(input) => { input.value = input.value.replace(/ .*/, ' 00') }");
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Approve 2"))
                    .click();
            assertThat(page.locator("h1")).hasText("Approved: 1, refused: 1");
            desk.holds("approvals-refused");
        }
        assertThat(tenant.api().approval(first).path("status").asText()).isEqualTo("approved");
        assertThat(tenant.api().approval(second).path("status").asText()).isEqualTo("pending");
    }

    @Test
    void aViewerSeesNoButtonsAndCannotDecide() {
        var id = asked("watched", "PT11M", Map.of("order", 6));
        try (var desk = Desk.open().logIn("viewer")) {
            var page = desk.go("/approvals").page();
            assertThat(page.locator("main button:visible, main input:visible")).hasCount(0);
            desk.go("/approvals/" + id);
            assertThat(page.locator("main button")).hasCount(0);
            assertThat(desk.post("/approvals/" + id + "/decision", Map.of("decision", "approve")))
                    .isEqualTo(403);
        }
        try (var desk = Desk.open().logIn("approver")) {
            desk.go("/approvals");
            assertThat(desk.post("/approvals/" + id + "/decision", Map.of("decision", "approve", "token", "0")))
                    .isEqualTo(403);
            assertThat(desk.post("/approvals/" + id + "/decision", Map.of("decision", "approve", "argsDigest", "0")))
                    .isEqualTo(409);
            assertThat(desk.post("/approvals/" + id + "/decision", Map.of())).isEqualTo(400);
        }
        assertThat(tenant.api().approval(id).path("status").asText()).isEqualTo("pending");
    }

    private String asked(String title, String timeout, Map<String, ?> args) {
        return asked(title, timeout, args, Map.of());
    }

    /** A question of a lane of its own, named like its title. */
    private String asked(String title, String timeout, Map<String, ?> args, Map<String, ?> members) {
        var question = new LinkedHashMap<String, Object>(members);
        question.putAll(Map.of("title", title, "action", "payments.refund", "args", args, "timeout", timeout));
        return tenant.api()
                .ask(tenant.claimed(title), question)
                .expect(201)
                .json()
                .path("id")
                .asText();
    }

    private static Page.LocatorOptions has(String text) {
        return new Page.LocatorOptions().setHasText(text);
    }

    private static Page.GetByLabelOptions exact() {
        return new Page.GetByLabelOptions().setExact(true);
    }
}
