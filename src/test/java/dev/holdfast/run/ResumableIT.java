package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run is offered as resumable exactly if its resume would succeed. */
class ResumableIT {
    private static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");
    private static final Duration SILENCE = Duration.ofMinutes(2);
    private static final Duration CLAIM = Duration.ofHours(2);
    private static final Duration INSTANT = Duration.ofNanos(1000);

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();

    @AfterEach
    void whatIsStoredHolds() {
        node.startClock();
        rows.assertInvariants();
    }

    @ParameterizedTest
    @ValueSource(strings = {"required", "optional", "none"})
    void D7_listedAsResumableExactlyIfResumeSucceeds(String heartbeat) {
        tenant.lane("judged", Map.of("heartbeat", heartbeat, "heartbeatTimeout", "PT2M", "claimTimeout", "PT2H"));
        var runs = new LinkedHashMap<String, String>();
        var resumable = new HashSet<String>();
        for (var situation : Situation.values()) {
            if (!RunState.IN_FLIGHT.contains(situation.state)) {
                var run = situation.bring(tenant.api(), rows, "judged-" + situation.ordinal());
                runs.put(run.runId(), situation.name());
                if (situation == Situation.FAILED || situation == Situation.PAUSED) {
                    resumable.add(run.runId());
                }
            }
        }
        node.stopClockAt(NOON);
        for (var age : new Duration[] {SILENCE.minus(INSTANT), SILENCE, CLAIM.minus(INSTANT), CLAIM}) {
            inFlight("claimed " + age, tenant.claimed("judged"), age, age, runs, resumable, heartbeat);
            inFlight("beaten " + age, tenant.beating("judged"), age.plusSeconds(1), age, runs, resumable, heartbeat);
            inFlight("old, beaten " + age, tenant.beating("judged"), CLAIM.plus(age), age, runs, resumable, heartbeat);
        }
        assertThat(runs).hasSize(9 + 12);

        assertThat(listed(true)).extracting(runs::get).containsExactlyInAnyOrderElementsOf(names(resumable, runs));
        assertThat(listed(false)).doesNotContainAnyElementsOf(resumable).hasSize(runs.size() - resumable.size());
        runs.forEach((run, what) -> {
            var reply = tenant.api().post("/api/v1/runs/" + run + "/resume", null);
            assertThat(reply.status())
                    .as(what + " in a lane of heartbeat " + heartbeat)
                    .isEqualTo(resumable.contains(run) ? 200 : 409);
        });
        assertThat(listed(true)).isEmpty();
    }

    @Test
    void D7_aRunWhoseSubjectAnotherHasIsNotOffered() {
        var about = Map.of("subject", "account-17");
        var failed = failed(about);
        assertThat(listed(true)).containsExactly(failed);
        var other = tenant.claimed("subjects", about);
        assertThat(listed(true)).isEmpty();
        assertThat(listed(false)).contains(failed);

        tenant.claimedAgo(other, Duration.ofHours(3)); // dead, but as yet the subject's active run
        assertThat(listed(true)).containsExactly(other.runId());
        tenant.api().post("/api/v1/runs/" + other.runId() + "/pause", null).expect(200);
        assertThat(listed(true)).containsExactly(other.runId());
        tenant.api().post("/api/v1/runs/" + other.runId() + "/cancel", null).expect(200);
        assertThat(listed(true)).containsExactly(failed);
        tenant.api().post("/api/v1/runs/" + failed + "/resume", null).expect(200);
    }

    @Test
    void D7_theFilterGoesWithTheOthersAndInPages() {
        var runs = new java.util.ArrayList<String>();
        for (int i = 0; i < 7; i++) {
            runs.add(0, i % 2 == 0 ? failed(Map.of()) : orphan());
        }
        var seen = new java.util.ArrayList<String>();
        var cursor = "";
        do {
            var page = tenant.api()
                    .get("/api/v1/runs?resumable=true&limit=3" + (cursor.isEmpty() ? "" : "&cursor=" + cursor))
                    .expect(200)
                    .json();
            page.path("items").forEach(run -> seen.add(run.path("id").asText()));
            cursor = page.path("nextCursor").asText();
        } while (!cursor.isEmpty());
        assertThat(seen).isEqualTo(runs);

        assertThat(listed("resumable=true&state=failed")).hasSize(4);
        assertThat(listed("resumable=true&stale=true")).hasSize(3);
        assertThat(listed("resumable=true&stale=false")).hasSize(4);
        assertThat(listed("resumable=false&stale=true")).isEmpty();
        assertThat(listed("resumable=true&lane=nobodys")).isEmpty();
    }

    private void inFlight(
            String what,
            Claimed claim,
            Duration sinceClaim,
            Duration sinceBeat,
            Map<String, String> runs,
            Set<String> resumable,
            String heartbeat) {
        tenant.shifted(claim, sinceClaim, sinceBeat);
        runs.put(claim.runId(), what);
        boolean beaten = sinceBeat.compareTo(sinceClaim) < 0;
        boolean bySilence = heartbeat.equals("required") || heartbeat.equals("optional") && beaten;
        if (bySilence ? sinceBeat.compareTo(SILENCE) >= 0 : sinceClaim.compareTo(CLAIM) >= 0) {
            resumable.add(claim.runId());
        }
    }

    private String failed(Map<String, ?> members) {
        var claim = tenant.claimed("subjects", members);
        tenant.api()
                .asOwner(claim, "fail", Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false))
                .expect(200);
        return claim.runId();
    }

    private String orphan() {
        return tenant.claimedAgo(tenant.claimed("subjects"), Duration.ofHours(3))
                .runId();
    }

    private Set<String> listed(boolean resumable) {
        return listed("resumable=" + resumable);
    }

    private Set<String> listed(String query) {
        var ids = new HashSet<String>();
        tenant.api()
                .get("/api/v1/runs?limit=500&" + query)
                .expect(200)
                .json()
                .path("items")
                .forEach(run -> ids.add(run.path("id").asText()));
        return ids;
    }

    private static java.util.List<String> names(Set<String> ids, Map<String, String> names) {
        return ids.stream().map(names::get).toList();
    }
}
