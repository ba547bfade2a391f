package dev.holdfast.run;

import com.fasterxml.jackson.annotation.JsonValue;
import jakarta.persistence.EnumeratedValue;
import java.util.EnumSet;
import java.util.Set;

/** Where a run is in its life. Each state says who moves it on; {@link Move} says along which rows. */
public enum RunState {
    /** Waits for a worker; a worker's claim, the reaper (queue timeout) or an operator moves it on. */
    QUEUED("queued"),
    /** Held by a worker that has not yet sent a heartbeat; its worker, the reaper or an operator moves it on. */
    CLAIMED("claimed"),
    /** Held by a worker that has sent a heartbeat since its claim; moved on like a claimed one. */
    RUNNING("running"),
    /** Holds no worker and waits for what {@link WaitingFor} names; an approver, an operator or the reaper moves it on. */
    SUSPENDED("suspended"),
    /** Ended well: final. */
    COMPLETED("completed"),
    /** Ended badly: an operator may resume or cancel it. */
    FAILED("failed"),
    /** Ended by request: final. */
    CANCELLED("cancelled");

    public static final Set<RunState> IN_FLIGHT = EnumSet.of(CLAIMED, RUNNING);
    public static final Set<RunState> FINAL = EnumSet.of(COMPLETED, CANCELLED);
    public static final Set<RunState> ACTIVE = EnumSet.of(QUEUED, CLAIMED, RUNNING, SUSPENDED);

    @EnumeratedValue
    private final String id;

    RunState(String id) {
        this.id = id;
    }

    /** As the API, the database and the logs write it. */
    @JsonValue
    public String id() {
        return id;
    }

    /** @throws IllegalArgumentException if no state has this id */
    public static RunState of(String id) {
        for (var state : values()) {
            if (state.id().equals(id)) {
                return state;
            }
        }
        throw new IllegalArgumentException("unknown state " + id);
    }
}
