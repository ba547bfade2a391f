package dev.holdfast.run;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Bodies;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.Operation;
import dev.holdfast.testkit.Reply;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What can be asked of a run and might move it: for tests of all of it. The document says how each is asked. */
enum Command {
    CLAIM("claimRuns", Move.CLAIMED),
    HEARTBEAT("beatRun", Move.STARTED),
    COMPLETE("completeRun", Move.COMPLETED),
    FAIL("failRun", Move.RETRIED, Move.FAILED),
    RELEASE("releaseRun", Move.RELEASED),
    SLEEP("sleepRun", Move.SUSPENDED),
    ASK("askApproval", Move.SUSPENDED),
    APPROVE("decideApproval", Move.APPROVED),
    DENY("decideApproval", Move.DENIED),
    REPORT("reportEvents"),
    CANCEL("cancelRun", Move.CANCELLED),
    PAUSE("pauseRun", Move.PAUSED),
    RESUME("resumeRun", Move.RESUMED);

    /** Moves that nobody can ask for yet: the commands and duties that make them come later. */
    static final Set<Move> LATER =
            EnumSet.of(Move.APPROVAL_EXPIRED, Move.WOKEN, Move.REAPED, Move.QUEUE_EXPIRED, Move.RUN_EXPIRED);

    private final String operation;
    private final List<Move> moves;

    Command(String operation, Move... moves) {
        this.operation = operation;
        this.moves = List.of(moves);
    }

    Operation operation() {
        return Contract.published().operation(operation);
    }

    List<Move> moves() {
        return moves;
    }

    /** Whether it is an owner's, who can say it as long as it owns the run. */
    boolean isOwners() {
        return operation().fenced() == Operation.Fenced.WHOLE;
    }

    /** Whether the table of moves lets it do something to a run that is here, with the fence of its last owner. */
    boolean isLegalFrom(Situation situation) {
        return moves.stream().anyMatch(situation::allows)
                // What moves nothing needs no more than an owner.
                || (this == HEARTBEAT || this == REPORT) && RunState.IN_FLIGHT.contains(situation.state);
    }

    /** Whether what it leaves behind is fenced off from the owner before. */
    boolean raisesFence() {
        return this == CANCEL || this == PAUSE || this == RESUME;
    }

    /** Asks for it, as the last owner of the run. @param lane where the run is the only one */
    Reply ask(Api api, Claimed owner, String lane) {
        return switch (this) {
            case CLAIM -> api.claim("another-worker", lane, 1);
            case APPROVE, DENY -> api.decide(approvalOf(api, owner), this == APPROVE);
            case ASK -> api.ask(owner, Map.of("slot", "asked-by-command"));
            case CANCEL, PAUSE, RESUME ->
                api.post(operation().pathOf(owner.runId()), Map.of("reason", "a test wants it"));
            default ->
                api.post(
                        operation().pathOf(owner.runId()),
                        Bodies.of(operation(), owner).get(0));
        };
    }

    /** Whether it is a person's answer, which nobody can give but where one is waited for. */
    boolean isAnswer() {
        return this == APPROVE || this == DENY;
    }

    private static String approvalOf(Api api, Claimed owner) {
        return api.pendingOf(owner.runId()).path("id").asText(UUID.randomUUID().toString());
    }
}
