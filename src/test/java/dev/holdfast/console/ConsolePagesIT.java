package dev.holdfast.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.examples.week.Week;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Desk;
import dev.holdfast.testkit.Desk.Look;
import dev.holdfast.testkit.Tenant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** All pages that the navigation leads to, and those behind them: in both themes, wide and narrow, empty and full. */
@Tag("console")
class ConsolePagesIT {
    private static final boolean ALL = Boolean.getBoolean("holdfast.chaos.full");

    /** Each theme and each width at the least; all four with {@code -Pchaos}. */
    private static final List<Look> LOOKS =
            ALL ? List.of(Look.WIDE, Look.DARK, Look.NARROW, Look.NARROW_DARK) : List.of(Look.WIDE, Look.NARROW_DARK);

    /** Of what is empty there is little that a look could change. */
    private static final List<Look> LOOKS_OF_EMPTY = ALL ? LOOKS : List.of(Look.NARROW_DARK);

    @Test
    void emptyPagesHaveNoBarriersAndTeach() {
        Desk.tenant();
        for (var look : LOOKS_OF_EMPTY) {
            try (var desk = Desk.open(look).logIn("administrator")) {
                var taught = new ArrayList<String>();
                for (var place : places(desk)) {
                    judge(desk, place, look, "empty");
                    if (desk.page().locator("main pre").count() > 0) {
                        taught.add(place);
                    }
                }
                assertThat(taught).contains("/console/", "/console/runs", "/console/sweeps");
            }
        }
    }

    @Test
    void fullPagesHaveNoBarriers() throws Exception {
        var tenant = Desk.tenant();
        fill(tenant);
        for (var look : LOOKS) {
            try (var desk = Desk.open(look).logIn("administrator")) {
                var seen = new LinkedHashSet<String>();
                for (var place : places(desk)) {
                    judge(desk, place, look, "full");
                    seen.addAll(behind(desk));
                }
                seen.removeAll(places(desk));
                for (var page : seen) {
                    judge(desk, page, look, "full");
                }
                if (look.equals(Look.WIDE)) {
                    portray(desk);
                }
                judge(desk, "/console/nowhere", look, "full");
                judge(desk, "/console/runs/confirm?move=cancel&state=queued", look, "full");
            }
            try (var desk = Desk.open(look)) {
                judge(desk, "/console/login", look, "full");
            }
        }
    }

    private static void judge(Desk desk, String page, Look look, String how) {
        desk.page().navigate(page);
        desk.page().locator("main summary").all().forEach(summary -> {
            if (summary.isVisible()) {
                summary.click();
            }
        });
        var name = page.replaceFirst("/console/?", "").replaceAll("[^a-z]+", "-");
        desk.picture(
                how + "-" + (name.isEmpty() ? "overview" : name) + "-" + look.width() + (look.dark() ? "-dark" : ""));
        assertThat(desk.barriers()).as("%s, %s, %s", page, look, how).isEmpty();
        assertThat(desk.isTooWide())
                .as("%s is wider than %s, %s", page, look, how)
                .isFalse();
    }

    private static List<String> places(Desk desk) {
        return desk.page().locator(".side a").all().stream()
                .map(link -> link.getAttribute("href"))
                .toList();
    }

    /** One page of each kind that the present one leads to. */
    private static List<String> behind(Desk desk) {
        var kinds = new LinkedHashSet<String>();
        return desk.page().locator("main a[href^='/console/']").all().stream()
                .map(link -> link.getAttribute("href"))
                .filter(href -> !href.contains("?"))
                .filter(href -> kinds.add(href.replaceFirst("^(/console/[a-z]+/)[^/]+", "$1*")))
                .toList();
    }

    /** The week that {@code mvn -Pseed} makes, and something awkward. */
    private static void fill(Tenant tenant) throws Exception {
        var database = Cluster.database();
        var environment = Map.of(
                "HOLDFAST_DB_URL", database.url(),
                "HOLDFAST_DB_USER", database.user(),
                "HOLDFAST_DB_PASSWORD", database.password());
        Week.fill(Desk.node().uri(), tenant.newKey(Tenant.SCOPES), environment, 80);
        var input =
                Map.of("to", "Ada <ada@example.org>", "long", "x".repeat(400), "nested", Map.of("a", List.of(1, 2, 3)));
        tenant.api().submit("l".repeat(60), Map.of("subject", "s".repeat(120), "input", input));
    }

    /** The two that the README shows. */
    private static void portray(Desk desk) {
        desk.page().navigate("/console/");
        desk.portrait("console-overview");
        desk.page().navigate("/console/runs?failureCode=bad_address");
        desk.page().locator(".rows tbody th a").first().click();
        desk.portrait("console-run");
    }
}
