package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Reply;
import java.util.List;
import java.util.Map;

/**
 * What a command must come to, by the table of moves.
 *
 * @param situation where the run is when the command comes
 * @param version and its fence then
 * @param owner the run's last claim, which the command names
 */
record Expectation(Command command, Situation situation, long version, long fence, Claimed owner) {

    boolean isLegal() {
        return command.isLegalFrom(situation);
    }

    /** @param after the run as it is now @param written the events that the command wrote */
    void check(Reply reply, JsonNode after, List<Map<String, Object>> written) {
        if (isLegal()) {
            checkDone(reply, after, written);
        } else {
            assertThat(written).isEmpty();
            assertThat(after.path("version").asLong()).isEqualTo(version);
            assertThat(after.path("state").asText()).isEqualTo(situation.state.id());
            checkRefused(reply);
        }
    }

    private void checkDone(Reply reply, JsonNode after, List<Map<String, Object>> written) {
        assertThat(reply.status()).as(reply.text()).isIn(200, 201);
        var moves = command.moves().stream().filter(situation::allows).toList();
        if (moves.isEmpty()) { // nothing of it is the run's
            assertThat(after.path("version").asLong()).isEqualTo(version);
            assertThat(after.path("state").asText()).isEqualTo(situation.state.id());
            assertThat(written)
                    .hasSize(command == Command.REPORT ? 1 : 0)
                    .allMatch(event -> event.get("to_state") == null);
            return;
        }
        assertThat(written).hasSize(1);
        var event = written.get(0);
        var move = moves.stream()
                .filter(one -> one.eventType().equals(event.get("type")))
                .findFirst()
                .orElseThrow(() -> new AssertionError(event + " is none of " + moves));
        var state = RunState.of(after.path("state").asText());
        assertThat(move.targets()).contains(state);
        assertThat(event.get("from_state")).isEqualTo(situation.state.id());
        assertThat(event.get("to_state")).isEqualTo(state.id());
        assertThat(after.path("version").asLong()).isEqualTo(version + 1);
        if (command.raisesFence()) {
            assertThat(after.path("fence").asLong()).isEqualTo(fence + 1);
        }
        if (command == Command.ASK || command.isAnswer()) {
            assertThat(reply.json().path("runId").asText()).isEqualTo(owner.runId());
            assertThat(reply.json().path("status").asText())
                    .isEqualTo(command == Command.ASK ? "pending" : move.eventType());
        } else if (command != Command.HEARTBEAT) {
            assertThat(reply.json().findValue("state").asText()).isEqualTo(state.id());
        }
    }

    /** A refusal shows the run as it is. */
    private void checkRefused(Reply reply) {
        switch (command) {
            case CLAIM -> assertThat(reply.expect(200).json().path("claims")).isEmpty();
            case CANCEL -> {
                assertThat(reply.expect(200).json().path("cancelled").asBoolean())
                        .isFalse();
                assertThat(reply.json().path("state").asText()).isEqualTo(situation.state.id());
                assertThat(reply.json().path("version").asLong()).isEqualTo(version);
            }
            case PAUSE -> checkPlace(reply.expect(409, "illegal_move").json());
            case RESUME -> checkPlace(reply.expect(409, "run_not_resumable").json());
            case APPROVE, DENY -> reply.expect(404, "not_found");
            case HEARTBEAT -> {
                if (situation.takenByPerson()) {
                    assertThat(reply.expect(200).json().path("continue").asBoolean())
                            .isFalse();
                    assertThat(reply.json().path("reason").asText())
                            .isEqualTo(situation == Situation.PAUSED ? "paused" : "cancelled");
                } else {
                    checkLost(reply);
                }
            }
            default -> checkLost(reply);
        }
    }

    private void checkPlace(JsonNode problem) {
        assertThat(problem.path("currentState").asText()).isEqualTo(situation.state.id());
        assertThat(problem.path("waitingFor").asText())
                .isEqualTo(situation.waitingFor == null ? "" : situation.waitingFor.id());
    }

    private void checkLost(Reply reply) {
        var problem = reply.expect(409, "lease_lost").json();
        assertThat(problem.path("yours").asLong()).isEqualTo(owner.fence());
        assertThat(problem.path("current").asLong()).isEqualTo(fence);
        assertThat(problem.path("state").asText()).isEqualTo(situation.state.id());
        assertThat(problem.has("lostAt")).isEqualTo(owner.fence() > 0);
        assertThat(problem.has("lostBecause")).isEqualTo(owner.fence() > 0);
    }
}
