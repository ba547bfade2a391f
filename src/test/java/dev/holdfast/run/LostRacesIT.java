package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.Rows;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two commands at once, one on each node, in a known order: the second is answered as if it had come after the first. */
class LostRacesIT {
    private static final String HOLD = "select id from runs where id = cast(? as uuid) for update";

    private final Api first = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api second = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.ofCluster();

    record Race(Command winner, Command loser) {}

    /**
     * Of a claimed run whose owner is dead by the lane's rules, but not in truth: so that a resume is a rival too. A claim
     * is none, since it passes over whatever is held, nor is an answer to no question.
     */
    static Stream<Race> races() {
        return rivals().flatMap(winner -> rivals().map(loser -> new Race(winner, loser)));
    }

    private static Stream<Command> rivals() {
        return Arrays.stream(Command.values()).filter(command -> command != Command.CLAIM && !command.isAnswer());
    }

    @ParameterizedTest
    @MethodSource("races")
    void I2_theLoserIsToldTheStateThatTheWinnerLeft(Race race) {
        var lane = Situation.newLane("i2");
        var owner = Situation.STALE_CLAIMED.bring(first, rows, lane);

        var held = HeldLock.by(rows, HOLD, owner.runId());
        var won = held.queue(() -> race.winner.ask(first, owner, lane));
        var lost = held.queue(() -> race.loser.ask(second, owner, lane));
        held.close();

        assertThat(won.join().status()).as(won.join().text()).isIn(200, 201);
        if (race.winner == Command.COMPLETE && race.loser == Command.COMPLETE) {
            assertThat(lost.join().expect(200).json().path("replayed").asBoolean())
                    .isTrue();
        } else if (race.winner == Command.ASK && race.loser == Command.ASK) {
            assertThat(lost.join().expect(200).json()).isEqualTo(won.join().json());
        } else {
            var version = race.winner == Command.REPORT ? 2 : 3;
            var fence = owner.fence() + (race.winner.raisesFence() ? 1 : 0);
            var expected = new Expectation(race.loser, after(race.winner), version, fence, owner);
            expected.check(lost.join(), first.run(owner.runId()), rows.all("""
                    select type, from_state, to_state, fence from events where run_id = cast(? as uuid) and seq > 3
                    order by seq""", owner.runId()));
        }
    }

    /** The claim passes over a run that is being cancelled, or gets it and loses it: the run is cancelled either way. */
    @Test
    void I2_aClaimAgainstACancelEndsCancelled() {
        var lane = Situation.newLane("i2");
        IntStream.range(0, 20).forEach(round -> {
            var run = first.submit(lane).path("id").asText();
            var replies = Api.inParallel(
                    2,
                    i -> i == 0
                            ? first.claim("worker-1", lane, 1)
                            : second.post("/api/v1/runs/" + run + "/cancel", Map.of()));

            var claims = replies.get(0).expect(200).json().path("claims");
            var cancelled = replies.get(1).expect(200).json();
            var row = first.run(run);
            assertThat(row.path("state").asText()).isEqualTo("cancelled");
            assertThat(cancelled.path("cancelled").asBoolean()).isTrue();
            assertThat(cancelled.path("state")).isEqualTo(row.path("state"));
            assertThat(cancelled.path("version")).isEqualTo(row.path("version"));
            assertThat(row.path("attempt").asInt()).isEqualTo(claims.size());
        });
    }

    @AfterAll
    static void theRowsAreSound() {
        Rows.ofCluster().assertInvariants();
    }

    /** Where the winner leaves the run, its own answers being the matter of {@link StatesAndCommandsIT}. */
    private static Situation after(Command winner) {
        return switch (winner) {
            case HEARTBEAT -> Situation.RUNNING;
            case REPORT -> Situation.STALE_CLAIMED;
            case COMPLETE -> Situation.COMPLETED;
            case FAIL, RELEASE, RESUME -> Situation.HANDED_BACK;
            case SLEEP -> Situation.ASLEEP;
            case ASK -> Situation.AWAITING_APPROVAL;
            case CANCEL -> Situation.CANCELLED;
            case PAUSE -> Situation.PAUSED;
            case CLAIM, APPROVE, DENY -> throw new IllegalArgumentException("no rival");
        };
    }
}
