package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionsIT {
    private static final Map<String, ?> RESULT = Map.of("result", Map.of("contacts", 1280, "took", "PT3S"));

    private static final int STAGED = 20;

    private final Api api = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api elsewhere = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.ofCluster();

    @Test
    void B5_theSameCompletionAgainIsReplayedAndChangesNothing() {
        var owner = claimed("b5-replay");
        var first = api.asOwner(owner, "complete", RESULT).expect(200).json();
        assertThat(first.has("replayed")).isFalse();
        var before = rows.everythingOf(owner.runId());

        var again = elsewhere.asOwner(owner, "complete", RESULT).expect(200).json();
        var inBatch = completions(item(owner, RESULT)).get(0);

        assertThat(again.path("replayed").asBoolean()).isTrue();
        assertThat(again.path("result")).isEqualTo(first.path("result"));
        assertThat(again.path("endedAt")).isEqualTo(first.path("endedAt"));
        assertThat(inBatch.path("replayed").asBoolean()).isTrue();
        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"fence\": 1, \"result\": {\"took\": \"PT3S\", \"contacts\": 1280}}",
                "{\"result\":{\"contacts\":1280,\"took\":\"PT3S\"},\"fence\":1}"
            })
    void B5_theSameIsTheSameInWhateverOrderItIsWritten(String written) {
        var owner = claimed("b5-order");
        api.asOwner(owner, "complete", RESULT).expect(200);

        var again = api.post("/api/v1/runs/" + owner.runId() + "/complete", written);

        assertThat(again.expect(200).json().path("replayed").asBoolean()).isTrue();
    }

    @Test
    void B5_anotherResultIsNoReplay() {
        var owner = claimed("b5-other");
        api.asOwner(owner, "complete", RESULT).expect(200);
        var before = rows.everythingOf(owner.runId());

        for (Map<String, ?> other : List.of(
                Map.<String, Object>of(),
                Map.of("result", Map.of("contacts", 1281, "took", "PT3S")),
                Map.of("result", Map.of("contacts", 1280)),
                Map.of("result", List.of()))) {
            var lost = api.asOwner(owner, "complete", other)
                    .expect(409, "lease_lost")
                    .json();
            assertThat(lost.path("state").asText()).isEqualTo("completed");
            assertThat(lost.path("lostBecause").asText()).isEqualTo("completed");
            assertThat(completions(item(owner, other))
                            .get(0)
                            .at("/problem/code")
                            .asText())
                    .isEqualTo("lease_lost");
        }
        api.asOwner(owner.withFence(owner.fence() + 1), "complete", RESULT).expect(409, "lease_lost");
        api.fail(owner, "changed_its_mind").expect(409, "lease_lost");

        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
        assertThat(api.run(owner.runId()).at("/result/contacts").asInt()).isEqualTo(1280);
    }

    @Test
    void B5_withoutResultTheSameAgainIsReplayedToo() {
        var owner = claimed("b5-none");
        assertThat(api.complete(owner).expect(200).json().has("result")).isFalse();

        assertThat(api.complete(owner).expect(200).json().path("replayed").asBoolean())
                .isTrue();
    }

    @Test
    void B5_metadataIsMergedNeverReplaced() {
        api.submit("b5-metadata", Map.of("metadata", Map.of("kept", 1, "changed", 1)));
        var owner = api.claimOne("worker-1", "b5-metadata");

        var run = api.asOwner(owner, "complete", Map.of("metadata", Map.of("changed", 2, "added", 2)))
                .expect(200)
                .json();

        assertThat(run.path("metadata").toString()).isEqualTo("{\"kept\":1,\"added\":2,\"changed\":2}");
    }

    @Test
    void B5_aBatchCompletesFailsAndRefusesEachByItself() {
        var done = claimed("b5-batch");
        var failed = claimed("b5-batch");
        var lost = claimed("b5-batch");
        api.asOwner(lost, "release", Map.of()).expect(200);

        var items = completions(
                item(done, RESULT),
                item(failed, Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false)),
                item(lost, RESULT),
                item(done, RESULT));

        assertThat(items.at("/0/run/state").asText()).isEqualTo("completed");
        assertThat(items.at("/1/run/failure/code").asText()).isEqualTo("no");
        assertThat(items.at("/2/problem/code").asText()).isEqualTo("lease_lost");
        assertThat(items.at("/3/problem/violations/0/field").asText()).isEqualTo("runId");
        assertThat(items.findValuesAsText("index")).containsExactly("0", "1", "2", "3");
    }

    /** Most rounds run free; the others meet at the held run, in both orders. */
    @Test
    void B5_completeAgainstCancelHasOneWinnerAndBothAreToldTheTruth() {
        int rounds = 100;
        var lane = "b5-race";
        for (int round = 0; round < rounds; round++) {
            api.submit(lane);
        }
        var claims = api.claim("worker-1", lane, rounds).expect(200).json().path("claims");
        assertThat(claims).hasSize(rounds);
        Set<String> ends = new HashSet<>();

        for (int round = 0; round < rounds; round++) {
            var owner = Claimed.of(claims.get(round));
            var completer = round % 2 == 0 ? api : elsewhere;
            var canceller = round % 2 == 0 ? elsewhere : api;
            var replies = round < rounds - STAGED
                    ? free(completer, canceller, owner)
                    : staged(completer, canceller, owner, round % 4 < 2);

            ends.add(end(owner, replies.get(0), replies.get(1)));
        }

        assertThat(ends).containsExactlyInAnyOrder("completed", "cancelled");
        rows.assertInvariants();
    }

    private List<Reply> free(Api completer, Api canceller, Claimed owner) {
        return Api.inParallel(2, i -> i == 0 ? completer.asOwner(owner, "complete", RESULT) : cancel(canceller, owner));
    }

    private List<Reply> staged(Api completer, Api canceller, Claimed owner, boolean completeFirst) {
        var held = HeldLock.by(rows, "select id from runs where id = cast(? as uuid) for update", owner.runId());
        var complete = completeFirst ? held.queue(() -> completer.asOwner(owner, "complete", RESULT)) : null;
        var cancel = held.queue(() -> cancel(canceller, owner));
        if (complete == null) {
            complete = held.queue(() -> completer.asOwner(owner, "complete", RESULT));
        }
        held.close();
        return List.of(complete.join(), cancel.join());
    }

    /** Asserts that the answers, the row and the timeline tell one story. @return how it ended */
    private String end(Claimed owner, Reply complete, Reply cancel) {
        var run = api.run(owner.runId());
        var state = run.path("state").asText();
        var events = rows.all("select type from events where run_id = cast(? as uuid) order by seq", owner.runId());
        assertThat(events).extracting(event -> event.get("type")).containsExactly("submitted", "claimed", state);
        cancel.expect(200);
        assertThat(cancel.json().path("state").asText()).isEqualTo(state);
        assertThat(cancel.json().path("version")).isEqualTo(run.path("version"));
        assertThat(cancel.json().path("cancelled").asBoolean()).isEqualTo(state.equals("cancelled"));
        if (state.equals("completed")) {
            assertThat(complete.expect(200).json()).isEqualTo(run);
        } else {
            assertThat(state).isEqualTo("cancelled");
            assertThat(run.has("result")).isFalse();
            var lost = complete.expect(409, "lease_lost").json();
            assertThat(lost.path("state").asText()).isEqualTo(state);
            assertThat(lost.path("current")).isEqualTo(run.path("fence"));
            assertThat(lost.path("lostBecause").asText()).isEqualTo("cancelled");
        }
        return state;
    }

    private Reply cancel(Api canceller, Claimed owner) {
        return canceller.post("/api/v1/runs/" + owner.runId() + "/cancel", Map.of());
    }

    private Claimed claimed(String lane) {
        api.submit(lane);
        return api.claimOne("worker-1", lane);
    }

    private static Map<String, Object> item(Claimed owner, Map<String, ?> members) {
        var item = owner.body(members);
        item.put("runId", owner.runId());
        return item;
    }

    @SafeVarargs
    private JsonNode completions(Map<String, Object>... items) {
        return api.post("/api/v1/completions", Map.of("items", List.of(items)))
                .expect(200)
                .json()
                .path("items");
    }
}
