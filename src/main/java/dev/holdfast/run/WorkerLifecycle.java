package dev.holdfast.run;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.holdfast.event.Event;
import dev.holdfast.key.Caller;
import dev.holdfast.key.KeyFormat;
import dev.holdfast.platform.Settings;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Unknown;
import dev.holdfast.run.Claims.Asker;
import dev.holdfast.run.Claims.Offer;
import dev.holdfast.run.Endings.Completion;
import dev.holdfast.run.Endings.Ending;
import dev.holdfast.run.Endings.Fault;
import dev.holdfast.run.Heartbeats.Sign;
import dev.holdfast.run.Standings.Standing;
import dev.holdfast.run.WorkerEvents.Said;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** What workers do with runs. Each write is one statement under the fence; what it left out is then asked for its reason. */
@ApplicationScoped
public class WorkerLifecycle {
    /** A worker that beats at every fourth part of the timeout may miss three beats. */
    private static final int BEATS_IN_TIMEOUT = 4;

    private final OwnersWrite<Sign, Word> beaters = new OwnersWrite<>(this::beat);
    private final OwnersWrite<Completion, Ended> completers = new OwnersWrite<>(this::complete);
    private final OwnersWrite<Fault, Ended> failers = new OwnersWrite<>(this::fail);
    private final Claimers claimers;
    private final Heartbeats heartbeats;
    private final Endings endings;
    private final WorkerEvents events;
    private final Standings standings;
    private final Runs runs;
    private final OpenQuestions questions;
    private final Settings settings;
    private final RunMetrics metrics;

    protected WorkerLifecycle() { // for the proxy
        this(null, null, null, null, null, null, null, null, null);
    }

    @Inject
    WorkerLifecycle(
            Claimers claimers,
            Heartbeats heartbeats,
            Endings endings,
            WorkerEvents events,
            Standings standings,
            Runs runs,
            OpenQuestions questions,
            Settings settings,
            RunMetrics metrics) {
        this.claimers = claimers;
        this.heartbeats = heartbeats;
        this.endings = endings;
        this.events = events;
        this.standings = standings;
        this.runs = runs;
        this.questions = questions;
        this.settings = settings;
        this.metrics = metrics;
    }

    /**
     * A run in its new owner's hands.
     *
     * @param checkpoint JSON that a former owner left, null if none
     * @param approval the answer that the run goes on with, in JSON; null if it last asked nothing
     */
    public record Claim(
            RunRow run,
            long fence,
            int attempt,
            String runKey,
            Instant leaseExpiresAt,
            Duration heartbeatEvery,
            @JsonRawValue String checkpoint,
            @JsonRawValue String approval) {}

    /** Holdfast's word to a worker. @param reason why it must stop; null while it goes on, as the times are when not */
    public record Word(boolean goesOn, Instant leaseExpiresAt, Instant runKeyExpiresAt, String reason) {}

    /** A run after its owner's last word. @param replayed true if the same had been said before, else null */
    public record Ended(RunRow run, Boolean replayed) {}

    /** Claims without waiting. */
    public Claims.Taken tryClaim(
            Caller caller, String workerId, List<String> lanes, List<String> secrets, String correlationId) {
        var offers = secrets.stream()
                .map(secret -> new Offer(workerId, KeyFormat.hashOfSecret(secret), correlationId))
                .toList();
        return claimers.claim(new Asker(caller.tenant(), caller.id(), lanes), offers);
    }

    /** The claims as their owners get them, each with the answer that its run goes on with. */
    public List<Claim> toClaims(UUID tenant, List<Claims.Claimed> claims, List<String> secrets) {
        var answered = claims.stream()
                .map(claimed -> claimed.run().approvalId())
                .filter(Objects::nonNull)
                .toList();
        var answers = answered.isEmpty() ? Map.<UUID, String>of() : questions.answers(tenant, answered);
        return claims.stream()
                .map(claimed -> toClaim(claimed, secrets, answers))
                .toList();
    }

    private static Claim toClaim(Claims.Claimed claimed, List<String> secrets, Map<UUID, String> answers) {
        var run = claimed.run();
        return new Claim(
                run,
                run.fence(),
                run.attempt(),
                KeyFormat.runKey(run.id(), secrets.get(claimed.place())),
                claimed.leaseExpiresAt(),
                claimed.heartbeatTimeout().dividedBy(BEATS_IN_TIMEOUT),
                run.checkpoint(),
                run.approvalId() == null ? null : answers.get(run.approvalId()));
    }

    public List<Outcome<Word>> heartbeat(Caller caller, List<Sign> signs) {
        return each(
                "heartbeat",
                caller,
                signs,
                beaters,
                (sign, standing) -> standing.reasonToStop() == null
                        ? Outcome.refused(new LeaseLost(standing))
                        : Outcome.done(new Word(false, null, null, standing.reasonToStop())));
    }

    public List<Outcome<Ended>> complete(Caller caller, List<Completion> items) {
        return each(
                "complete",
                caller,
                items,
                completers,
                (item, standing) -> isSameAgain(item, standing)
                        ? Outcome.done(new Ended(
                                runs.find(caller.tenant(), item.runId()).orElseThrow(), true))
                        : Outcome.refused(new LeaseLost(standing)));
    }

    public List<Outcome<Ended>> fail(Caller caller, List<Fault> items) {
        return each("fail", caller, items, failers, (item, standing) -> Outcome.refused(new LeaseLost(standing)));
    }

    /** Completes and fails in one call; answers are in the order of the items. */
    public List<Outcome<Ended>> end(Caller caller, List<Ending> items) {
        var outcomes = new ArrayList<Outcome<Ended>>(Collections.nCopies(items.size(), null));
        endThose(items, Completion.class, outcomes, mine -> complete(caller, mine));
        endThose(items, Fault.class, outcomes, mine -> fail(caller, mine));
        return outcomes;
    }

    RunRow release(Caller caller, UUID run, long fence, String correlationId) {
        return lone("release", caller, run, fence, () -> endings.release(caller.tenant(), run, fence, correlationId));
    }

    RunRow sleep(Caller caller, UUID run, long fence, Instant until, String correlationId) {
        return lone(
                "sleep",
                caller,
                run,
                fence,
                () -> endings.sleep(caller.tenant(), run, fence, until, correlationId),
                // Who is still the owner was left out because of what it asked for.
                standing -> standing.isOwner()
                        ? new InvalidRequest("until", "must be in the future and at most 366 days ahead")
                        : new LeaseLost(standing));
    }

    List<Event> append(Caller caller, UUID run, long fence, List<Said> said, String correlationId) {
        return lone("events", caller, run, fence, () -> {
            var written = events.append(caller.tenant(), run, fence, said, correlationId);
            return written.isEmpty() ? Map.of() : Map.of(run, written);
        });
    }

    /**
     * Another write of an owner, in the same shape.
     *
     * @param route as late writes to it are counted
     * @param write does it, or nothing
     * @param ifOwner why it did nothing though the fence is the present owner's
     * @throws Problem 404 if the caller sees no such run, 409 if the fence is not the owner's
     */
    public <T> T asOwner(
            String route, Caller caller, UUID run, long fence, Supplier<Optional<T>> write, Supplier<Problem> ifOwner) {
        return lone(
                route,
                caller,
                run,
                fence,
                () -> write.get().map(done -> Map.of(run, done)).orElse(Map.of()),
                standing -> standing.isOwner() ? ifOwner.get() : new LeaseLost(standing));
    }

    private Map<UUID, Word> beat(UUID tenant, List<Sign> signs, boolean brief) {
        var words = new HashMap<UUID, Word>();
        heartbeats
                .take(tenant, signs, settings.runKeyTtl(), brief)
                .forEach((run, beat) ->
                        words.put(run, new Word(true, beat.leaseExpiresAt(), beat.keyExpiresAt(), null)));
        return words;
    }

    private static <E extends Ending> void endThose(
            List<Ending> items,
            Class<E> kind,
            List<Outcome<Ended>> outcomes,
            Function<List<E>, List<Outcome<Ended>>> end) {
        var places = IntStream.range(0, items.size())
                .filter(i -> kind.isInstance(items.get(i)))
                .boxed()
                .toList();
        if (!places.isEmpty()) {
            var ended =
                    end.apply(places.stream().map(i -> kind.cast(items.get(i))).toList());
            IntStream.range(0, places.size()).forEach(i -> outcomes.set(places.get(i), ended.get(i)));
        }
    }

    private Map<UUID, Ended> complete(UUID tenant, List<Completion> items, boolean brief) {
        return ended(endings.complete(tenant, items, brief));
    }

    private Map<UUID, Ended> fail(UUID tenant, List<Fault> items, boolean brief) {
        return ended(endings.fail(tenant, items, brief));
    }

    private record Owner(UUID runId, long fence) implements Fenced {}

    private static Map<UUID, Ended> ended(Map<UUID, RunRow> rows) {
        var ended = new HashMap<UUID, Ended>();
        rows.forEach((id, row) -> ended.put(id, new Ended(row, null)));
        return ended;
    }

    private static boolean isSameAgain(Completion item, Standing standing) {
        return standing.state() == RunState.COMPLETED
                && standing.current() == item.fence()
                && Objects.equals(Json.stored(standing.result()), Json.stored(item.result()));
    }

    private <T> T lone(String route, Caller caller, UUID run, long fence, Supplier<Map<UUID, T>> write) {
        return lone(route, caller, run, fence, write, LeaseLost::new);
    }

    private <T> T lone(
            String route,
            Caller caller,
            UUID run,
            long fence,
            Supplier<Map<UUID, T>> write,
            Function<Standing, Problem> refusal) {
        return this.<Owner, T>each(
                        route,
                        caller,
                        List.of(new Owner(run, fence)),
                        (tenant, owners) -> write.get(),
                        (owner, standing) -> Outcome.refused(refusal.apply(standing)))
                .get(0)
                .orThrow();
    }

    /**
     * The common shape of an owner's writes: one statement for all items that the caller may name, then one question
     * about those that it left out. Answers are in the order of the items.
     */
    private <I extends Fenced, T> List<Outcome<T>> each(
            String route,
            Caller caller,
            List<I> items,
            BiFunction<UUID, List<I>, Map<UUID, T>> write,
            BiFunction<I, Standing, Outcome<T>> leftOut) {
        var refused = new HashMap<Integer, Problem>();
        var mine = new TreeMap<UUID, I>(); // all lock runs in the same order, so that none waits for another in a ring
        for (int i = 0; i < items.size(); i++) {
            var run = items.get(i).runId();
            if (!caller.sees(run)) {
                refused.put(i, new Unknown("run", run));
            } else if (mine.putIfAbsent(run, items.get(i)) != null) {
                refused.put(i, new InvalidRequest("runId", "is named twice in this batch"));
            }
        }
        var written = mine.isEmpty() ? Map.<UUID, T>of() : write.apply(caller.tenant(), new ArrayList<>(mine.values()));
        var left = new HashMap<UUID, Long>();
        mine.forEach((run, item) -> {
            if (!written.containsKey(run)) {
                left.put(run, item.fence());
            }
        });
        var standing = standings.of(caller.tenant(), left);
        return IntStream.range(0, items.size())
                .mapToObj(i -> {
                    var run = items.get(i).runId();
                    if (refused.containsKey(i)) {
                        return Outcome.<T>refused(refused.get(i));
                    }
                    if (written.containsKey(run)) {
                        return Outcome.done(written.get(run));
                    }
                    return standing.containsKey(run)
                            ? counted(route, leftOut.apply(items.get(i), standing.get(run)))
                            : Outcome.<T>refused(new Unknown("run", run));
                })
                .toList();
    }

    private <T> Outcome<T> counted(String route, Outcome<T> outcome) {
        if (outcome.problem() instanceof LeaseLost) {
            metrics.refusedLate(route);
        }
        return outcome;
    }
}
