package dev.holdfast.chaos;

import static org.awaitility.Awaitility.await;

import dev.holdfast.platform.database.embedded.EmbeddedPostgres;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.FaultyLine;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import dev.holdfast.testkit.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Nodes that sweep each second, and a PostgreSQL of their own: behind lines that can be cut, and free to be killed. */
final class ChaosCluster implements AutoCloseable {
    private static final String DATABASE = "chaos";

    private final EmbeddedPostgres postgres;
    private final Rows rows;
    private final List<HoldfastServer> nodes = new ArrayList<>();
    private final List<FaultyLine> toDatabase = new ArrayList<>();
    private final List<FaultyLine> toNodes = new ArrayList<>();
    private long seed = Long.getLong("holdfast.chaos.seed", 20_260);

    private ChaosCluster(Path data) throws IOException {
        postgres = EmbeddedPostgres.start(data, it().resolve("postgresql"));
        makeDatabase();
        rows = Rows.of(at(postgres.port(), "test"));
    }

    static ChaosCluster of(int nodes) {
        return of("chaos", it().resolve("chaos-postgresql"), nodes);
    }

    /** @param name of its nodes, each with its number @param data where PostgreSQL keeps its files */
    static ChaosCluster of(String name, Path data, int nodes) {
        try {
            var cluster = new ChaosCluster(data);
            for (int i = 1; i <= nodes; i++) {
                cluster.add(name + "-" + i);
            }
            cluster.nodes.forEach(HoldfastServer::startUnready);
            cluster.nodes.forEach(HoldfastServer::awaitReady);
            return cluster;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path it() {
        return Path.of(System.getProperty("holdfast.it")).toAbsolutePath();
    }

    /** An empty one, whatever an earlier run of the tests has left. */
    private void makeDatabase() {
        try (var connection = DriverManager.getConnection(
                        postgres.url("postgres"), postgres.superuser(), postgres.password());
                var statement = connection.createStatement()) {
            statement.execute("drop database if exists " + DATABASE + " with (force)");
            statement.execute("create database " + DATABASE + " owner " + postgres.user());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One more, not started. */
    HoldfastServer add(String name) {
        var line = FaultyLine.to(postgres::port);
        var node = HoldfastServer.named(name)
                .on(at(line.port(), name))
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                .with("HOLDFAST_DB_POOL_SIZE", "4") // fewer than there are callers
                .with("HOLDFAST_SWEEP_INTERVAL", "PT1S");
        nodes.add(node);
        toDatabase.add(line);
        toNodes.add(FaultyLine.to(node::port));
        return node;
    }

    /** @param name at its connections, to find whose they are */
    private TestPostgres.Database at(int port, String name) {
        return new TestPostgres.Database(
                DATABASE,
                "jdbc:postgresql://127.0.0.1:%d/%s?ApplicationName=%s".formatted(port, DATABASE, name),
                postgres.user(),
                postgres.password());
    }

    /** The load of a tenant of its own, not begun yet. */
    Load load(Load.Plan plan) {
        return new Load(Tenant.newOn(nodes.get(0), rows), rows, doors(), plan, ++seed);
    }

    /** Of the database. */
    Instant now() {
        return Instant.parse(
                (String) rows.one("select as_utc(statement_timestamp()) as now").get("now"));
    }

    /** Whether a sweep that began after this instant has succeeded. */
    boolean sweptSince(Instant instant) {
        return rows.count(
                        "select count(*) from reaper where last_success_at > last_started_at and last_started_at > cast(? as timestamptz)",
                        instant.toString())
                == 1;
    }

    /** Whose connections these are. @param where of {@code pg_locks k} and {@code pg_stat_activity a} */
    Optional<HoldfastServer> nodeThat(String where) {
        var names = rows.all("""
                select distinct a.application_name as node from pg_locks k join pg_stat_activity a on a.pid = k.pid
                where a.datname = current_database() and\s""" + where).stream().map(row -> row.get("node")).toList();
        return nodes.stream().filter(node -> names.contains(node.name())).findFirst();
    }

    /** Where clients find the nodes: each behind a line. */
    List<URI> doors() {
        return toNodes.stream()
                .map(line -> URI.create("http://127.0.0.1:" + line.port()))
                .toList();
    }

    List<HoldfastServer> nodes() {
        return nodes;
    }

    /** Of those that are ready, as soon as one is: the next, counted on from this. */
    HoldfastServer awaitReady(int from) {
        var ready = new HoldfastServer[1];
        await().atMost(Duration.ofMinutes(5)).until(() -> {
            for (int i = 0; i < nodes.size() && ready[0] == null; i++) {
                var node = nodes.get((from + i) % nodes.size());
                ready[0] = node.isReady() ? node : null;
            }
            return ready[0] != null;
        });
        return ready[0];
    }

    EmbeddedPostgres postgres() {
        return postgres;
    }

    /** Behind the nodes' back, by a line that does not fail. */
    Rows rows() {
        return rows;
    }

    FaultyLine lineToDatabase(int node) {
        return toDatabase.get(node);
    }

    List<FaultyLine> linesToDatabase() {
        return toDatabase;
    }

    List<FaultyLine> linesToNodes() {
        return toNodes;
    }

    /** Ends every fault: lines, nodes and PostgreSQL are as they were at the start. */
    void heal() throws IOException {
        mendLines();
        if (!postgres.isRunning()) {
            postgres.restart();
        }
        var dead = nodes.stream().filter(node -> !node.isRunning()).toList();
        dead.forEach(HoldfastServer::startUnready);
        nodes.stream().filter(HoldfastServer::isRunning).forEach(HoldfastServer::thaw);
        nodes.forEach(HoldfastServer::awaitReady);
    }

    void mendLines() {
        toDatabase.forEach(FaultyLine::heal);
        toNodes.forEach(FaultyLine::heal);
    }

    @Override
    public void close() {
        nodes.parallelStream().forEach(HoldfastServer::kill);
        toNodes.forEach(FaultyLine::close);
        toDatabase.forEach(FaultyLine::close);
        postgres.stop();
    }
}
