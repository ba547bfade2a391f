package dev.holdfast.lane;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.holdfast.platform.json.Within;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.InvalidRequest.Violation;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;

/**
 * How a lane judges liveness, and what its runs are allowed. Null in a request is the default; a stored policy has every
 * value but those whose absence means that there is no limit.
 *
 * @param heartbeatTimeout silence after which a beating owner is dead
 * @param claimTimeout age of a claim that never beat, where silence is not judged
 * @param queueTimeout longest wait for a worker, from when the run can be claimed; null for no limit
 * @param runTimeout total life, all attempts together; null for no limit
 * @param maxAttempts at so many failures of the work the run is failed
 * @param maxLost so many losses are forgiven, the next one fails the run
 * @param maxInFlight of the lane's runs without concurrency key, and of each key's; null for no limit
 * @param retention how long ended runs are kept
 */
public record LanePolicy(
        Heartbeat heartbeat,
        @Within(min = "PT1S", max = "P36500D") Duration heartbeatTimeout,
        @Within(min = "PT1S", max = "P36500D") Duration claimTimeout,
        @Within(min = "PT0.001S", max = "P36500D") Duration queueTimeout,
        @Within(min = "PT0.001S", max = "P36500D") Duration runTimeout,
        @Within(min = "PT1S", max = "P36500D") Duration approvalTimeout,
        OnLost onLost,

        @Min(value = 1, message = "must be from 1 to 1000") @Max(value = 1000, message = "must be from 1 to 1000")
        Integer maxAttempts,

        @Min(value = 0, message = "must be from 0 to 1000") @Max(value = 1000, message = "must be from 0 to 1000")
        Integer maxLost,

        @Valid Backoff backoff,

        @Min(value = 1, message = "must be from 1 to " + LanePolicy.MOST_IN_FLIGHT)
        @Max(value = LanePolicy.MOST_IN_FLIGHT, message = "must be from 1 to " + LanePolicy.MOST_IN_FLIGHT)
        Integer maxInFlight,

        Boolean paused,
        @Within(min = "PT1S", max = "P36500D") Duration retention) {

    static final int MOST_IN_FLIGHT = 1_000_000;

    /** Whose silence counts. */
    public enum Heartbeat {
        /** Silence counts from the claim on. */
        REQUIRED,
        /** Silence counts after a first heartbeat; before it, the claim's age. */
        OPTIONAL,
        /** Only the claim's age counts. */
        NONE;

        @JsonValue
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What becomes of a run whose owner is dead. */
    public enum OnLost {
        REQUEUE,
        FAIL;

        @JsonValue
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The bound of the wait before an attempt: from initial, times factor for each one before, up to max; fully jittered. */
    public record Backoff(
            @Within(min = "PT0.001S", max = "P1D") Duration initial,

            @Min(value = 1, message = "must be from 1 to 100") @Max(value = 100, message = "must be from 1 to 100")
            Double factor,

            @Within(min = "PT0.001S", max = "P30D") Duration max) {}

    /** What a lane has if nobody says otherwise and no setting does. */
    public static final LanePolicy STANDARD = new LanePolicy(
            Heartbeat.OPTIONAL,
            Duration.ofMinutes(2),
            Duration.ofHours(2),
            null,
            null,
            Duration.ofMinutes(30),
            OnLost.REQUEUE,
            3,
            3,
            new Backoff(Duration.ofSeconds(1), 2.0, Duration.ofMinutes(5)),
            null,
            false,
            Duration.ofDays(30));

    /** This policy, what it leaves open taken from another. */
    public LanePolicy or(LanePolicy standard) {
        var wait = backoff == null ? standard.backoff : backoff;
        return new LanePolicy(
                pick(heartbeat, standard.heartbeat),
                pick(heartbeatTimeout, standard.heartbeatTimeout),
                pick(claimTimeout, standard.claimTimeout),
                pick(queueTimeout, standard.queueTimeout),
                pick(runTimeout, standard.runTimeout),
                pick(approvalTimeout, standard.approvalTimeout),
                pick(onLost, standard.onLost),
                pick(maxAttempts, standard.maxAttempts),
                pick(maxLost, standard.maxLost),
                new Backoff(
                        pick(wait.initial, standard.backoff.initial),
                        pick(wait.factor, standard.backoff.factor),
                        pick(wait.max, standard.backoff.max)),
                pick(maxInFlight, standard.maxInFlight),
                pick(paused, standard.paused),
                pick(retention, standard.retention));
    }

    /** @throws InvalidRequest naming the fields that contradict each other */
    public LanePolicy sound() {
        var violations = new ArrayList<Violation>();
        if (claimTimeout.compareTo(heartbeatTimeout) < 0) {
            violations.add(new Violation("claimTimeout", "must not be below heartbeatTimeout, " + heartbeatTimeout));
        }
        if (backoff.max.compareTo(backoff.initial) < 0) {
            violations.add(new Violation("backoff.max", "must not be below backoff.initial, " + backoff.initial));
        }
        if (!violations.isEmpty()) {
            throw new InvalidRequest(violations);
        }
        return this;
    }

    private static <T> T pick(T given, T standard) {
        return given == null ? standard : given;
    }
}
