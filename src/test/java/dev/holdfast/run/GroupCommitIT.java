package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Calls that come one by one and at the same time: done together, and each is answered as if it had come alone. */
class GroupCommitIT {
    private static final int CALLERS = 40;
    private static final String DOOMED = "group-doomed";

    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final Api api = tenant.api();

    @BeforeAll
    static void refuseTheEventsOfDoomedCalls() {
        Cluster.node(1); // makes the tables
        Rows.ofCluster().execute("""
                create function refuse_one_of_many() returns trigger language plpgsql as
                $$ begin raise exception 'one of many'; end $$;
                create trigger refuse_one_of_many before insert on events for each row
                when (new.correlation_id = '%s') execute function refuse_one_of_many()""".formatted(DOOMED));
    }

    @AfterAll
    static void refuseNoMore() {
        Rows.ofCluster().execute("drop function refuse_one_of_many cascade");
    }

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void aWholeLifeOfManyTakesFewerCommitsThanCalls() {
        tenant.lane("life", Map.of("heartbeat", "required"));

        var submitted = allAtOnce(i -> said(i).post("/api/v1/runs", Map.of("lane", "life", "priority", i)));
        assertThat(submitted).allSatisfy(reply -> reply.expect(201));
        assertThat(commits("runs")).as("commits of %d submits", CALLERS).isLessThan(CALLERS);

        var claims = allAtOnce(i -> said(i).claim("worker-" + i, "life", 1));
        assertThat(claims).allSatisfy(reply -> assertThat(claimed(reply)).hasSize(1));
        assertThat(commits("leases")).as("commits of the claims").isLessThan(CALLERS);

        var owners = claims.stream().map(reply -> claimed(reply).get(0)).toList();
        assertThat(allAtOnce(i -> said(i).beat(owners.get(i)))).allSatisfy(reply -> reply.expect(200));
        assertThat(commits("leases")).as("commits of the heartbeats").isLessThan(CALLERS);

        assertThat(allAtOnce(i -> said(i).asOwner(owners.get(i), "complete", Map.of("result", i))))
                .allSatisfy(reply -> reply.expect(200));
        assertThat(commits("runs")).as("commits of the ends").isLessThan(CALLERS);

        // Whoever called is answered with their own, and the timeline says who it was.
        for (int i = 0; i < CALLERS; i++) {
            var run = api.run(submitted.get(i).json().path("id").asText());
            assertThat(run.path("priority").asInt()).isEqualTo(i);
            var owner = owners.get(i);
            assertThat(api.run(owner.runId()).path("result").asInt()).isEqualTo(i);
            assertThat(rows.all("""
                            select actor_id || ' ' || correlation_id as who from events
                            where run_id = cast(? as uuid) and type <> 'submitted' order by seq""", owner.runId()))
                    .extracting(row -> row.get("who"))
                    .containsOnly("worker-" + i + " caller-" + i)
                    .hasSize(3);
        }
    }

    @Test
    void eachClaimerGetsWhatItAskedForAndItsOwnKeyWorks() {
        var runs = IntStream.range(0, 60)
                .mapToObj(i -> Map.of("lane", i % 2 == 0 ? "even" : "odd"))
                .toList();
        api.post("/api/v1/runs/batch", Map.of("runs", runs)).expect(200);

        var replies = allAtOnce(i -> api.post(
                "/api/v1/claims",
                Map.of("workerId", "worker-" + i, "lanes", List.of("even", "odd"), "max", 1 + i % 3)));

        var seen = new HashSet<String>();
        for (int i = 0; i < CALLERS; i++) {
            assertThat(claimed(replies.get(i))).hasSizeLessThanOrEqualTo(1 + i % 3);
            for (var claim : claimed(replies.get(i))) {
                assertThat(seen.add(claim.runId())).as("handed out once").isTrue();
                assertThat(claim.json().at("/run/workerId").asText()).isEqualTo("worker-" + i);
                api.withKey(claim.runKey()).beat(claim).expect(200);
            }
        }
        assertThat(seen).hasSize(60);
    }

    @Test
    void badOnesAmongManySpoilNoOther() {
        var replies = allAtOnce(i ->
                (isDoomed(i) ? said(DOOMED) : said(i)).post("/api/v1/runs", Map.of("lane", "doomed", "priority", i)));

        for (int i = 0; i < CALLERS; i++) {
            replies.get(i).expect(isDoomed(i) ? 500 : 201);
        }
        assertThat(rows.count("select count(*) from runs where tenant_id = ?", tenant.id()))
                .isEqualTo(CALLERS - doomed());

        var owners = owners("doomed", CALLERS - doomed());
        var ends = Api.inParallel(owners.size(), i -> (isDoomed(i) ? said(DOOMED) : said(i)).complete(owners.get(i)));
        for (int i = 0; i < owners.size(); i++) {
            ends.get(i).expect(isDoomed(i) ? 500 : 200);
            assertThat(api.run(owners.get(i).runId()).path("state").asText())
                    .isEqualTo(isDoomed(i) ? "claimed" : "completed");
        }
    }

    @Test
    void eachIsToldWhatBecameOfItsOwn() {
        submit("told", 30);
        var owners = owners("told", 30);
        var ended = owners.subList(0, 5);
        ended.forEach(
                owner -> api.asOwner(owner, "complete", Map.of("result", 1)).expect(200));

        var replies = Api.inParallel(CALLERS, i -> {
            if (i < 5) { // the same again
                return api.asOwner(ended.get(i), "complete", Map.of("result", 1));
            } else if (i < 10) {
                return api.asOwner(owners.get(i).withFence(7), "complete", Map.of());
            } else if (i < 15) {
                return api.asOwner(new Claimed(UUID.randomUUID().toString(), 1, null, null), "complete", Map.of());
            } else if (i < 30) {
                return api.asOwner(owners.get(i), "complete", Map.of("result", 1));
            }
            return api.asOwner(owners.get(i - 15), "complete", Map.of("result", 1)); // two at once of the same
        });

        for (int i = 0; i < 15; i++) {
            replies.get(i).expect(i < 5 ? 200 : i < 10 ? 409 : 404);
        }
        for (int i = 0; i < 5; i++) {
            assertThat(replies.get(i).json().path("replayed").asBoolean()).isTrue();
        }
        for (int i = 15; i < CALLERS; i++) {
            replies.get(i).expect(200);
        }
        for (int i = 30; i < CALLERS; i++) {
            assertThat(List.of(replies.get(i), replies.get(i - 15)))
                    .as("one of the two ended the run")
                    .filteredOn(reply -> reply.json().has("replayed"))
                    .hasSize(1);
        }
    }

    /** The others wait a moment for the held one and then go without it. */
    @Test
    void whoWaitsForALockHoldsUpNoOther() {
        submit("held", 20);
        var owners = owners("held", 20);
        var others = new ArrayList<CompletableFuture<Reply>>();
        CompletableFuture<Reply> held;
        try (var lease = HeldLock.by(
                rows,
                "select from leases where run_id = cast(? as uuid) for update",
                owners.get(0).runId())) {
            held = lease.queue(() -> api.beat(owners.get(0)));
            owners.subList(1, 20)
                    .forEach(owner ->
                            others.add(CompletableFuture.supplyAsync(() -> api.beat(owner), GroupCommitIT::start)));
            others.add(CompletableFuture.supplyAsync(() -> api.beat(owners.get(0)), GroupCommitIT::start));

            await().atMost(Duration.ofSeconds(4))
                    .until(() -> others.subList(0, 19).stream().allMatch(CompletableFuture::isDone));
            assertThat(held).isNotDone();
            assertThat(others.get(19)).isNotDone();
        }
        held.join().expect(200);
        assertThat(others).allSatisfy(reply -> reply.join().expect(200));
    }

    /** Of a subject that somebody is about to take: by a transaction that has not ended. */
    @Test
    void whoWaitsForASubjectHoldsUpNoOther() throws SQLException {
        for (int i = 0; i < 10; i++) { // no connection is so new that nothing has been said on it twice
            int round = i;
            allAtOnce(caller -> api.post("/api/v1/runs", Map.of("lane", "warm", "subject", round + "-" + caller)));
        }
        try (var taking = rows.transaction();
                var run = taking.prepareStatement("insert into runs (tenant_id, id, lane, subject, state)"
                        + " values (?, gen_random_uuid(), 'taken', 'held', 'queued')")) {
            run.setObject(1, tenant.id());
            run.execute();
            var held = CompletableFuture.supplyAsync(
                    () -> api.post("/api/v1/runs", Map.of("lane", "taken", "subject", "held")), GroupCommitIT::start);
            var others = IntStream.range(0, 40)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> api.post("/api/v1/runs", Map.of("lane", "taken", "subject", "free-" + i)),
                            GroupCommitIT::start))
                    .toList();

            await().atMost(Duration.ofSeconds(3)).until(() -> others.stream().allMatch(CompletableFuture::isDone));
            assertThat(held).isNotDone();
            taking.rollback();
            held.join().expect(201);
            assertThat(others).allSatisfy(reply -> reply.join().expect(201));
        }
    }

    @Test
    void twoTenantsNeverShareATransaction() {
        var other = Tenant.newOn(Cluster.node(1), rows);

        var replies = allAtOnce(i -> (i % 2 == 0 ? api : other.api())
                .post("/api/v1/runs", Map.of("lane", "shared-name", "subject", "subject-" + i / 2)));

        assertThat(replies).allSatisfy(reply -> reply.expect(201));
        assertThat(rows.all("""
                        select cast(xmin as text) from runs where tenant_id in (?, ?)
                        group by 1 having count(distinct tenant_id) > 1""", tenant.id(), other.id())).isEmpty();
        for (var each : List.of(tenant, other)) {
            assertThat(rows.count("select count(*) from runs where tenant_id = ?", each.id()))
                    .isEqualTo(CALLERS / 2);
        }
    }

    @Test
    void ofASubjectAndOfAnIdempotencyKeyOneGoesThrough() {
        var subject = allAtOnce(i -> api.post("/api/v1/runs", Map.of("lane", "once", "subject", "s", "priority", i)));
        assertThat(subject).filteredOn(reply -> reply.status() == 201).hasSize(1);
        assertThat(subject)
                .filteredOn(reply -> reply.status() != 201)
                .allSatisfy(reply -> reply.expect(409, "subject_active"));

        var key = allAtOnce(i -> api.with("Idempotency-Key", "key-" + i % 4)
                .post("/api/v1/runs", Map.of("lane", "keyed", "priority", i % 8 < 4 ? 1 : 2)));
        for (int k = 0; k < 4; k++) {
            var answers = new ArrayList<Reply>();
            for (int i = k; i < CALLERS; i += 4) {
                answers.add(key.get(i));
            }
            assertThat(answers).filteredOn(reply -> reply.status() == 201).hasSize(1);
            assertThat(answers).filteredOn(reply -> reply.status() == 422).hasSize(CALLERS / 8);
            assertThat(answers.stream()
                            .filter(reply -> reply.status() < 300)
                            .map(reply -> reply.json().path("id").asText())
                            .distinct())
                    .hasSize(1);
        }
    }

    /** Who is asking is asked for many at once, but never before they have come. */
    @Test
    void aRevokedKeyOpensNothingToWhoComesAfterTheRevocation() {
        var key = api.post("/api/v1/keys", Map.of("name", "short-lived", "scopes", List.of("runs:read")))
                .expect(201)
                .json();
        var nodes = List.of(Cluster.node(1), Cluster.node(2));
        var over = new AtomicBoolean();
        var calls = new ConcurrentLinkedQueue<Map.Entry<Long, Integer>>();
        var callers = IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.runAsync(
                        () -> {
                            var asker = Api.at(nodes.get(i % 2).uri())
                                    .withKey(key.path("key").asText());
                            while (!over.get()) {
                                long begun = System.nanoTime();
                                calls.add(Map.entry(
                                        begun, asker.get("/api/v1/keys/self").status()));
                            }
                        },
                        GroupCommitIT::start))
                .toList();
        await().until(() -> calls.size() > 40);
        assertThat(calls).allSatisfy(call -> assertThat(call.getValue()).isEqualTo(200));

        api.delete("/api/v1/keys/" + key.path("id").asText()).expect(204);
        long revoked = System.nanoTime();
        int before = calls.size();
        await().until(() -> calls.size() > before + 40);
        over.set(true);
        callers.forEach(CompletableFuture::join);

        assertThat(calls)
                .filteredOn(call -> call.getKey() > revoked)
                .isNotEmpty()
                .allSatisfy(call -> assertThat(call.getValue()).isEqualTo(401));
    }

    private List<Reply> allAtOnce(IntFunction<Reply> call) {
        return Api.inParallel(CALLERS, call);
    }

    private Api said(int caller) {
        return said("caller-" + caller);
    }

    private Api said(String correlationId) {
        return api.with("X-Correlation-Id", correlationId);
    }

    private static boolean isDoomed(int caller) {
        return caller % 10 == 3;
    }

    private static int doomed() {
        return (int) IntStream.range(0, CALLERS).filter(GroupCommitIT::isDoomed).count();
    }

    /** How many transactions last wrote the tenant's rows. */
    private int commits(String table) {
        return (int) rows.count(
                "select count(distinct cast(xmin as text)) from " + table + " where tenant_id = ?", tenant.id());
    }

    private void submit(String lane, int number) {
        var run = Map.of("lane", lane);
        api.post(
                        "/api/v1/runs/batch",
                        Map.of(
                                "runs",
                                IntStream.range(0, number).mapToObj(i -> run).toList()))
                .expect(200);
    }

    private List<Claimed> owners(String lane, int number) {
        var owners = claimed(api.claim("owner", lane, number));
        assertThat(owners).hasSize(number);
        return owners;
    }

    private static List<Claimed> claimed(Reply reply) {
        var claims = new ArrayList<Claimed>();
        for (JsonNode claim : reply.expect(200).json().path("claims")) {
            claims.add(Claimed.of(claim));
        }
        return claims;
    }

    private static void start(Runnable task) {
        new Thread(task, "caller").start();
    }
}
