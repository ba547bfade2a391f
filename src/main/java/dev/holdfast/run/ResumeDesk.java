package dev.holdfast.run;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.run.Leases.LastWords;
import dev.holdfast.run.RunDesk.LostRace;
import dev.holdfast.run.RunDesk.Order;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The move {@code resumed}, one transaction: to the queue, or to a worker at once. */
@ApplicationScoped
class ResumeDesk {
    private final RunDesk desk;
    private final Leases leases;
    private final Claims claims;
    private final Resumptions resumptions;
    private final Runs runs;
    private final Settings settings;

    protected ResumeDesk() { // for the proxy
        this(null, null, null, null, null, null);
    }

    @Inject
    ResumeDesk(RunDesk desk, Leases leases, Claims claims, Resumptions resumptions, Runs runs, Settings settings) {
        this.desk = desk;
        this.leases = leases;
        this.claims = claims;
        this.resumptions = resumptions;
        this.runs = runs;
        this.settings = settings;
    }

    /**
     * The worker that shall have the run.
     *
     * @param claimedWith the tenant's key that claims; null for a person
     * @param keyHash of the run key's secret that it will get
     */
    record Taker(String workerId, UUID claimedWith, byte[] keyHash) {}

    /** @param heartbeatTimeout the lane's; null if the run was queued */
    record Resumed(RunRow run, Duration heartbeatTimeout) {}

    /**
     * @param taker null to queue the run
     * @throws LostRace if the run is not where a resume may start: {@link Resumptions#whyNot} says why; also an
     *     OptimisticLockException, or a violation of the one-run-per-subject index, if another came first
     * @throws Problem 404 if unknown, 412 if it is not at the expected version, 409 if the lane gives nothing now
     */
    @Transactional
    Resumed resume(Order order, Taker taker) {
        var run = desk.load(order);
        if (taker != null) { // the lane's lock comes before those of leases and runs, as for every claim
            claims.lockLimited(order.tenant(), List.of(run.lane()));
        }
        var words = run.isInFlight()
                ? leases.closeStale(order.tenant(), order.run(), run.fence()).orElseThrow(LostRace::new)
                : null;
        if (!run.isResumable(words != null)) {
            throw new LostRace();
        }
        var data = data(run, words);
        if (taker == null) {
            run.resume(desk.now(), words != null);
        } else {
            requireRoom(order, run);
            run.resumeFor(taker.workerId(), desk.now(), words != null);
        }
        desk.write(order, Move.RESUMED, run, words, data, taker == null ? null : taker.keyHash());
        resumptions.forgetDetails(order.tenant(), order.run());
        var heartbeatTimeout = taker == null ? null : open(order, taker);
        return new Resumed(runs.find(order.tenant(), order.run()).orElseThrow(), heartbeatTimeout);
    }

    private Duration open(Order order, Taker taker) {
        return leases.open(
                order.tenant(),
                order.run(),
                taker.claimedWith(),
                taker.keyHash(),
                settings.runKeyTtl(),
                settings.runKeyMaxAge());
    }

    private void requireRoom(Order order, Run run) {
        var room = leases.room(order.tenant(), run.lane(), run.concurrencyKey());
        if (room.paused()) {
            throw new Problem(
                    409,
                    "lane_paused",
                    "Lane " + run.lane() + " is paused. Without a claim the resume queues the run.");
        }
        if (room.isFull()) {
            throw new Problem(
                    409,
                    "lane_full",
                    "Lane %s is full, %d/%d%s. Without a claim the resume queues the run."
                            .formatted(
                                    run.lane(),
                                    room.busy(),
                                    room.limit(),
                                    run.concurrencyKey() == null ? "" : " for the run's concurrency key"));
        }
    }

    /** What the move puts an end to: a failure, or a claim whose owner was dead, and how that was known. */
    private static String data(Run run, LastWords words) {
        if (words != null) {
            return words.evidence();
        }
        return run.failure() == null ? null : Json.write(Map.of("failure", run.failure()));
    }
}
