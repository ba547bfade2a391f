package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.chaos.Call.Kind;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A tenant's ordinary day, of a seed: producers submit, workers work, approvers decide, somebody cancels, all of them at
 * all nodes, for as long as faults are made and until there were runs enough. Then all runs are to end, and what everybody
 * was told is held against what is stored.
 */
final class Load {
    /** @param asking the share of runs that ask a question @param cancelled of those that somebody cancels */
    record Plan(int runs, double asking, double cancelled, Worker.Shape work, int maxLost) {
        static Plan of(int runs) {
            return new Plan(runs, 0.3, 0.03, new Worker.Shape(2, 0.01, 0.05, 0.5), 1000);
        }

        /** Runs that say nothing on their way. */
        static Plan quick(int runs) {
            return new Plan(runs, 0, 0, new Worker.Shape(0, 0, 0, 0), 1000);
        }

        Plan asking(double share) {
            return new Plan(runs, share, cancelled, work, maxLost);
        }

        Plan steps(int steps) {
            var longer = new Worker.Shape(steps, work.dying(), work.wavering(), work.deaf());
            return new Plan(runs, asking, cancelled, longer, maxLost);
        }

        Plan maxLost(int most) {
            return new Plan(runs, asking, cancelled, work, most);
        }

        Map<String, Object> policy() {
            return Map.of(
                    "heartbeat",
                    "required",
                    "heartbeatTimeout",
                    LEASE.toString(),
                    "maxLost",
                    maxLost,
                    "maxAttempts",
                    1000,
                    "backoff",
                    Map.of("initial", "PT0.05S", "max", "PT0.5S"));
        }
    }

    /** Of every claim: the silence that makes an owner dead. */
    static final Duration LEASE = Duration.ofSeconds(2);

    private static final int WORKERS = 8;
    private static final int SUBMITTERS = 4;

    private static final Duration PATIENCE = Duration.ofMinutes(Scale.of(5, 20));
    private static final int BACKLOG = 40;

    private final Tenant tenant;
    private final Rows rows;
    private final List<URI> nodes;
    private final Plan plan;
    private final long seed;
    private final Notes notes = new Notes();
    private final List<Thread> producers = new ArrayList<>();
    private final List<Thread> others = new ArrayList<>();
    private final List<WorkerProcess> processes = new ArrayList<>();
    private final BlockingQueue<String> toCancel = new LinkedBlockingQueue<>();
    private final Semaphore room = new Semaphore(BACKLOG);
    private final AtomicInteger submitted = new AtomicInteger();
    private final AtomicInteger completed = new AtomicInteger();
    private final Caller byHand;
    private List<Finding> findings = List.of();
    private volatile boolean enough;
    private volatile boolean over;

    Load(Tenant tenant, Rows rows, List<URI> nodes, Plan plan, long seed) {
        this.tenant = tenant;
        this.rows = rows;
        this.nodes = nodes;
        this.plan = plan;
        this.seed = seed;
        byHand = caller("producer-by-hand", tenant.newKey(Tenant.SCOPES));
        tenant.lane(Worker.LANE, plan.policy());
    }

    /** So many runs that somebody has claimed and is never heard of again: they are all stale in the same instant. */
    Load orphan(int number) {
        silence(Duration.ofHours(1));
        Api.inParallel(SUBMITTERS, i -> {
            var producer = caller("producer-of-orphans-" + i, tenant.newKey(Tenant.SCOPES));
            IntStream.range(0, number / SUBMITTERS).forEach(n -> submit(producer, Worker.LANE, "plain"));
            return i;
        });
        var doomed = worker("doomed", Worker.LANE);
        for (int claimed = 0; claimed < number; ) {
            claimed += doomed.claim(100).size();
        }
        assertThat(rows.count("select count(*) from leases where tenant_id = ?", tenant.id()))
                .isEqualTo(number);
        rows.change("""
                update leases set claimed_at = claimed_at - interval 'PT1M', last_heartbeat_at = last_heartbeat_at - interval 'PT1M'
                where tenant_id = ?""", tenant.id());
        silence(LEASE);
        return this;
    }

    private void silence(Duration allowed) {
        rows.change(
                "update lanes set heartbeat_timeout = cast(? as interval) where tenant_id = ?",
                allowed.toString(),
                tenant.id());
    }

    Load start() {
        var approving = List.of("approvals:decide", "runs:read");
        workers();
        for (int i = 1; i <= 2; i++) {
            others.add(thread("approver-" + i, tenant.newKey(approving), this::decide));
        }
        others.add(thread("canceller", tenant.newKey(Tenant.SCOPES), this::cancel));
        for (int i = 1; i <= 2; i++) {
            producers.add(thread("producer-" + i, tenant.newKey(Tenant.SCOPES), this::produce));
        }
        return this;
    }

    private void workers() {
        for (int i = 1; i <= WORKERS; i++) {
            others.add(thread("worker-" + i, tenant.newKey(Tenant.SCOPES), this::work));
        }
    }

    private void work(Caller caller) {
        new Worker(caller, Worker.LANE, plan.work, this::completed).run();
    }

    Notes notes() {
        return notes;
    }

    /** How many runs are in this state. */
    long number(String state) {
        return rows.count("select count(*) from runs where tenant_id = ? and state = ?", tenant.id(), state);
    }

    String stateOf(String run) {
        return (String) rows.one("select state from runs where id = ?", UUID.fromString(run))
                .get("state");
    }

    /** A worker that does what a test says. */
    Worker worker(String name, String lane) {
        return new Worker(caller(name, tenant.newKey(Tenant.SCOPES)), lane, plan.work, () -> {});
    }

    /** One more worker, in a process of its own, for {@link WorkerProcess#LANE}. */
    WorkerProcess process(String name) {
        tenant.lane(WorkerProcess.LANE, plan.policy());
        var process = WorkerProcess.start(name, tenant.newKey(Tenant.SCOPES), nodes, seed, notes);
        processes.add(process);
        return process;
    }

    /** Returns when so many more runs have been completed than now. */
    void goOnFor(int runs) {
        int from = completed.get();
        await().atMost(PATIENCE)
                .until(() -> completed.get() >= from + runs || !notes.breaches().isEmpty());
    }

    /** Whether there were as many runs as planned. */
    boolean isSubmitted() {
        return submitted.get() >= plan.runs;
    }

    /** The faults are over: lets all runs end, and nothing may be found amiss. */
    Result finish(String fault) {
        var result = measure(fault);
        assertThat(findings).as(fault).isEmpty();
        return result;
    }

    /** Lets all runs end, holds the notes against the rows, and writes the figures down, whatever they are. */
    Result measure(String fault) {
        long began = System.nanoTime();
        enough = true;
        producers.forEach(Load::join);
        processes.forEach(WorkerProcess::end);
        await().pollInterval(Duration.ofMillis(100))
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(this::allEnded);
        var took = Duration.ofNanos(System.nanoTime() - began);
        over = true;
        others.forEach(Load::join);
        findings = Checker.check(new Recorded(rows, tenant.id()).with(notes));
        var result = Result.of(fault, submitted.get(), findings, took);
        result.writeDown();
        assertThat(notes.breaches()).as(fault + ": answers that must not be").isEmpty();
        rows.assertInvariants();
        return result;
    }

    /** Submits one run of this type. */
    String submit(String type) {
        return submit(byHand, Worker.LANE, type);
    }

    /** Submits one run for workers in processes of their own. */
    String submitLong() {
        return submit(byHand, WorkerProcess.LANE, "plain");
    }

    private boolean allEnded() {
        return rows.count(
                        "select count(*) from runs where tenant_id = ? and state not in ('completed', 'failed', 'cancelled')",
                        tenant.id())
                == 0;
    }

    private void completed() {
        completed.incrementAndGet();
        room.release();
    }

    private void produce(Caller caller) {
        while (!enough || !isSubmitted()) {
            try {
                // A run whose end nobody here was told of keeps its place, but not for ever.
                room.tryAcquire(200, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                return;
            }
            var run = submit(caller, Worker.LANE, caller.chance(plan.asking) ? Worker.ASKS : "plain");
            if (run != null && caller.chance(plan.cancelled)) {
                toCancel.add(run);
            }
        }
    }

    private String submit(Caller caller, String lane, String type) {
        var key = "run-" + submitted.incrementAndGet();
        var body =
                new LinkedHashMap<String, Object>(Map.of("lane", lane, "type", type, "labels", Map.of("kind", type)));
        Caller.Answer answer;
        String run = null;
        do {
            answer = caller.ask(api -> api.with("Idempotency-Key", key).post("/api/v1/runs", body));
            run = answer.isOk() ? answer.reply().json().path("id").asText() : null;
            caller.note(Kind.SUBMIT, answer, run, 0, key);
        } while (answer.outcome() == Call.Outcome.UNKNOWN && !over);
        return run;
    }

    private void decide(Caller caller) {
        while (!over) {
            var answer = caller.ask(api -> api.get("/api/v1/approvals?status=pending&limit=50"));
            var pending = answer.isOk() ? answer.reply().json().path("items") : null;
            if (pending == null || pending.isEmpty()) {
                caller.pause();
                continue;
            }
            for (var approval : pending) {
                decide(
                        caller,
                        approval.path("id").asText(),
                        approval.path("runId").asText());
            }
        }
    }

    private void decide(Caller caller, String approval, String run) {
        boolean approved = caller.chance(0.85);
        var answer = caller.ask(api -> api.post(
                "/api/v1/approvals/" + approval + "/decision", Map.of("approved", approved, "reason", caller.who())));
        caller.note(approved ? Kind.APPROVE : Kind.DENY, answer, run, 0, approval);
    }

    private void cancel(Caller caller) {
        while (!over) {
            var run = next(toCancel);
            if (run != null) {
                caller.insist(
                        Kind.CANCEL,
                        run,
                        0,
                        null,
                        reply -> reply.json().path("cancelled").asBoolean(),
                        api -> api.post("/api/v1/runs/" + run + "/cancel", Map.of()));
            }
        }
    }

    private static String next(BlockingQueue<String> queue) {
        try {
            return queue.poll(200, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return null;
        }
    }

    private Caller caller(String name, String key) {
        var doors = nodes.stream().map(node -> Api.at(node).withKey(key)).toList();
        return new Caller(name, doors, notes, () -> over, seed * 31 + name.hashCode());
    }

    private Thread thread(String name, String key, Consumer<Caller> task) {
        var caller = caller(name, key);
        var thread = new Thread(
                () -> {
                    try {
                        task.accept(caller);
                    } catch (RuntimeException | Error e) {
                        notes.breach(name + " came to an end: " + e);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void join(Thread thread) {
        try {
            thread.join(PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        assertThat(thread.isAlive()).as(thread.getName() + " still goes").isFalse();
    }
}
