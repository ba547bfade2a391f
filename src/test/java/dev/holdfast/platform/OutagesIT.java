package dev.holdfast.platform;

import static dev.holdfast.testkit.Problems.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.platform.database.embedded.EmbeddedPostgres;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Scrape;
import dev.holdfast.testkit.Subscriber;
import dev.holdfast.testkit.TestPostgres;
import dev.holdfast.testkit.Wire;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** A node whose database goes away, or lets go of its promises, and at last a node that is told to stop. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OutagesIT {
    private static final String PASSWORD = "the-password-of-the-administrator";
    private static final Set<String> SECRETS = new HashSet<>();

    private static Path data;
    private static EmbeddedPostgres postgres;
    private static HoldfastServer node;
    private static TestPostgres.Database database;

    private final Api api = Api.at(node.uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.of(database);
    private final String lane = "outages-" + UUID.randomUUID();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @BeforeAll
    static void start() throws IOException {
        var it = Path.of(System.getProperty("holdfast.it")).toAbsolutePath();
        data = it.resolve("outages-postgresql");
        postgres = EmbeddedPostgres.start(data, it.resolve("postgresql"));
        database = new TestPostgres.Database("holdfast", postgres.url(), postgres.user(), postgres.password());
        node = HoldfastServer.named("outages")
                .on(database)
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                .with("HOLDFAST_ADMIN_PASSWORD", PASSWORD)
                .with("HOLDFAST_LOG_LEVEL", "fine") // as talkative as anybody would have it
                .with("HOLDFAST_STREAMS_LIFE", "PT1S")
                .start();
    }

    @AfterAll
    static void stop() {
        node.kill();
        postgres.stop();
    }

    @Test
    @Order(0)
    void secretsOfEveryKindAreUsed() {
        var tenant =
                api.post("/api/v1/tenants", Map.of("name", lane)).expect(201).json();
        var key = api.withKey(secret(tenant.path("key").asText()));
        key.submit(lane);
        var claim = key.claimOne("worker", lane);
        key.withKey(secret(claim.runKey())).beat(claim).expect(200);
        var made = Map.of("name", "made", "scopes", List.of("runs:read"));
        var other = key.post("/api/v1/keys", made).expect(201).json();
        key.withKey(secret(other.path("key").asText())).get("/api/v1/runs").expect(200);
        for (var garbage : List.of("hft_" + lane, "nobody-was-given-" + lane, claim.runKey() + "x")) {
            key.withKey(secret(garbage)).get("/api/v1/runs").expect(401);
        }
        key.complete(claim).expect(200);
        key.withKey(claim.runKey()).beat(claim).expect(401, "key_revoked");
        api.withLogin("administrator", secret("a-bad-password-" + lane))
                .get("/api/v1/runs")
                .expect(401);
        api.withLogin("administrator", PASSWORD).get("/api/v1/runs").expect(200);
    }

    @Test
    @Order(1)
    void D9_whileTheDatabaseIsAwayEveryCallIs503AndAfterwardsTheNodeGoesOnByItself() throws Exception {
        var claimable = api.submit(lane).path("id").asText();
        var claim = api.claimOne("worker", lane);
        var waiting = CompletableFuture.supplyAsync(
                () -> api.post("/api/v1/claims", Map.of("workerId", "w", "lanes", List.of(lane), "wait", "PT30S")),
                threads);
        awaitWaiting(1);

        postgres.kill();
        assertThat(waiting.get().expect(503, "database_unavailable").header("Retry-After"))
                .isNotNull();
        for (var operation : Contract.published().operations()) {
            var request = Wire.request(operation.method(), operation.pathOf(claimable))
                    .header("Authorization", "Bearer " + Cluster.BOOTSTRAP_KEY);
            var answer = Wire.exchange(
                    node.uri(), operation.method().equals("POST") ? request.json("{\"fence\":1}") : request);
            assertProblem(answer, 503, "database_unavailable");
            assertThat(Integer.parseInt(answer.header("Retry-After"))).isPositive();
        }
        // Nobody is let in unchecked, nobody is called unknown; only what cannot be a key needs no database to be
        // refused.
        api.withKey("nobody-was-ever-given-this-key-here").get("/api/v1/runs").expect(503);
        api.withKey(claim.runKey()).get("/api/v1/runs/" + claimable).expect(503);
        api.withKey(claim.runKey().substring(1)).get("/api/v1/runs").expect(503);
        api.withKey(claim.runKey() + "x").get("/api/v1/runs").expect(401, "key_malformed");

        assertThat(health("ready").status()).isEqualTo(503);
        assertThat(health("ready").json().path("status").asText()).isEqualTo("DOWN");
        assertThat(health("live").status()).isEqualTo(200);
        assertThat(health("started").status()).isEqualTo(200);

        postgres.restart();
        await().atMost(Duration.ofSeconds(30)).until(node::isReady);
        api.withKey(claim.runKey()).asOwner(claim, "heartbeat", Map.of()).expect(200);
        api.complete(claim).expect(200);
        rows.assertInvariants();
    }

    @Test
    @Order(2)
    void aNodeIsReadyOnlyWhileTheDatabaseKeepsWhatItCommits() throws Exception {
        assertThat(health("ready").status()).isEqualTo(200);
        asSuperuser("alter role " + postgres.user() + " set synchronous_commit = off");
        disconnect();
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            var ready = health("ready");
            assertThat(ready.status()).isEqualTo(503);
            assertThat(ready.body()).contains("synchronous_commit");
        });
        assertThat(health("live").status()).isEqualTo(200);

        asSuperuser("alter role " + postgres.user() + " reset synchronous_commit");
        disconnect();
        await().atMost(Duration.ofSeconds(20)).until(node::isReady);
    }

    @Test
    @Order(3)
    void aConnectionThatDiesUnderACallIsA503AtWorst() throws Exception {
        for (int round = 0; round < 5; round++) {
            disconnect();
            var replies = Api.inParallel(4, i -> api.post("/api/v1/runs", Map.of("lane", lane)));
            assertThat(replies).allSatisfy(reply -> assertThat(reply.status()).isIn(201, 503));
        }
        await().atMost(Duration.ofSeconds(20)).until(node::isReady);
        api.submit(lane);
    }

    @Test
    @Order(4)
    void I6_onSigtermWaitingClaimsAreAnsweredEmptyWhatIsUnderWayIsDoneAndWhoGoesElsewhereMissesNothing()
            throws Exception {
        var other = HoldfastServer.named("outages-other")
                .on(database)
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY);
        other.start();
        try {
            endUnderLoad(other);
        } finally {
            other.kill();
        }
    }

    private void endUnderLoad(HoldfastServer other) throws Exception {
        var id = api.submit(lane).path("id").asText();
        var claim = api.claimOne("worker", lane);
        var waiting = IntStream.range(0, 5)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> claim(api, "idle-" + lane, "PT30S"), threads))
                .toList();
        awaitWaiting(5);
        var crowd = new Crowd(List.of(api, Api.at(other.uri()).withKey(Cluster.BOOTSTRAP_KEY)), "busy-" + lane);
        var busy = Stream.<Runnable>of(crowd::submit, crowd::submit, crowd::work, crowd::work)
                .map(part -> CompletableFuture.runAsync(part, threads))
                .toList();
        await().until(() -> crowd.submitted.size() > 20);
        var subscriber = new Subscriber(
                List.of(node.uri(), other.uri()), Cluster.BOOTSTRAP_KEY, "/api/v1/events?after=0&lane=" + crowd.lane);
        var subscribed = CompletableFuture.runAsync(subscriber, threads);
        await().until(() -> subscriber.endings() >= 2); // by the life that streams have on this node

        CompletableFuture<Reply> underWay;
        try (var lock = rows.transaction()) {
            lock.createStatement().execute("select from leases where run_id = '" + id + "' for update");
            underWay = CompletableFuture.supplyAsync(() -> api.complete(claim), threads);
            await().until(() -> rows.count("select count(*) from pg_stat_activity where datname = current_database()"
                            + " and wait_event_type = 'Lock' and query like '%delete from leases%'")
                    == 1);

            node.jvm().orElseThrow().destroy();
            await().atMost(Duration.ofSeconds(20)).until(() -> waiting.stream().allMatch(CompletableFuture::isDone));
            assertThat(underWay).isNotDone();
        }

        assertThat(underWay.get().expect(200).json().path("state").asText()).isEqualTo("completed");
        for (var reply : waiting) {
            assertThat(reply.get().expect(200).json().path("claims")).isEmpty();
        }
        await().atMost(Duration.ofSeconds(40)).until(() -> !node.isRunning());
        assertThat(node.log()).contains("Node outages drains, by the stop of the server");
        int before = crowd.submitted.size();
        await().until(() -> crowd.submitted.size() > before + 20);
        crowd.goHome.set(true);
        CompletableFuture.allOf(busy.toArray(CompletableFuture[]::new)).get();
        var written = rows.all("""
                select e.run_id || ' ' || e.seq as event from events e join runs r on r.id = e.run_id and r.lane = ?
                order by e.transaction, e.run_id, e.seq""", crowd.lane);
        await().until(() -> subscriber.events().size() >= written.size());
        subscriber.goHome();
        subscribed.get();
        assertThat(subscriber.cuts()).as("streams that ended without a word").isZero();

        assertThat(crowd.statuses).containsOnly(200, 201);
        assertThat(rows.all("select id::text as id, state from runs where lane = ?", "busy-" + lane))
                .allMatch(run -> run.get("state").equals("completed"))
                .extracting(run -> run.get("id"))
                .containsExactlyInAnyOrderElementsOf(crowd.submitted);
        assertThat(subscriber.events())
                .extracting(event -> event.run() + " " + event.number())
                .containsExactlyElementsOf(
                        written.stream().map(row -> (String) row.get("event")).toList());
        rows.assertInvariants();
    }

    /** Of the password of the database one file holds it by design, which only its owner can read. */
    @Test
    @Order(5)
    void I4_noSecretIsInALogOrInTheDatabasesFiles() throws IOException {
        SECRETS.addAll(List.of(Cluster.BOOTSTRAP_KEY, PASSWORD, postgres.password()));
        assertThat(SECRETS).hasSizeGreaterThan(8);
        assertThat(holding(SECRETS, node.files().resolve("logs"))).isEmpty();
        assertThat(SECRETS).noneMatch(node.log()::contains);
        assertThat(holding(SECRETS, data)).containsExactly(data.resolve("password"));
        assertThat(holding(List.of("administrator"), data))
                .as("the search itself")
                .isNotEmpty();
    }

    private static String secret(String secret) {
        SECRETS.add(secret);
        return secret;
    }

    private static List<Path> holding(Collection<String> words, Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> words.stream().anyMatch(text(file)::contains))
                    .toList();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Reply claim(Api node, String lane, String wait) {
        return node.post("/api/v1/claims", Map.of("workerId", "w", "lanes", List.of(lane), "wait", wait));
    }

    /** Producers and workers who prefer the first node, and go to the next one when nobody answers there. */
    private static final class Crowd {
        private final List<Api> nodes;
        private final String lane;
        private final AtomicBoolean goHome = new AtomicBoolean();
        private final Queue<String> submitted = new ConcurrentLinkedQueue<>();
        private final Set<Integer> statuses = ConcurrentHashMap.newKeySet();

        Crowd(List<Api> nodes, String lane) {
            this.nodes = nodes;
            this.lane = lane;
        }

        void submit() {
            while (!goHome.get()) {
                var key = UUID.randomUUID().toString();
                var run =
                        anywhere(node -> node.with("Idempotency-Key", key).post("/api/v1/runs", Map.of("lane", lane)));
                submitted.add(run.json().path("id").asText());
            }
        }

        void work() {
            for (boolean done = false; !done || !goHome.get(); ) {
                var claims = anywhere(node -> claim(node, lane, "PT1S")).json().path("claims");
                claims.forEach(claim -> anywhere(node -> node.complete(Claimed.of(claim))));
                done = claims.isEmpty();
            }
        }

        private Reply anywhere(Function<Api, Reply> call) {
            for (var node : nodes) {
                try {
                    var reply = call.apply(node);
                    statuses.add(reply.status());
                    return reply;
                } catch (UncheckedIOException nobodyThere) {
                    // so to the next one
                }
            }
            throw new AssertionError("nobody answered anywhere");
        }
    }

    private void awaitWaiting(int claims) {
        await().until(() -> Scrape.of(node).of("holdfast_waiting_claims") == claims);
    }

    private Wire.Answer health(String check) {
        return Wire.exchange(node.uri(), Wire.request("GET", "/health/" + check));
    }

    private void disconnect() throws SQLException {
        asSuperuser("select pg_terminate_backend(pid) from pg_stat_activity where usename = '" + postgres.user() + "'");
    }

    private static void asSuperuser(String sql) throws SQLException {
        try (var connection = DriverManager.getConnection(
                        postgres.url("postgres"), postgres.superuser(), postgres.password());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
