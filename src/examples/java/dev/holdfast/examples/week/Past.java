package dev.holdfast.examples.week;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/** Moves what has just happened to where it belongs. */
final class Past implements AutoCloseable {
    /** How long a week's run takes, in the time that its calls took here. */
    private static final double STRETCH = 400;

    private static final String RUN = """
            with moved as (
                select id, submitted_at as base, statement_timestamp() - cast(? as interval) as start, cast(? as float8) as stretch
                from runs where id = ?
            ), events_moved as (
                update events e set at = m.start + (e.at - m.base) * m.stretch from moved m where e.run_id = m.id
            ), verdicts_moved as (
                update verdicts v set at = m.start + (v.at - m.base) * m.stretch from moved m where v.run_id = m.id
            ), decisions_moved as (
                update decisions d set at = m.start + (d.at - m.base) * m.stretch
                from moved m join approvals a on a.run_id = m.id where d.approval_id = a.id
            ), approvals_moved as (
                update approvals a set requested_at = m.start + (a.requested_at - m.base) * m.stretch,
                    deadline = m.start + (a.requested_at - m.base) * m.stretch + (a.deadline - a.requested_at),
                    ended_at = m.start + (a.ended_at - m.base) * m.stretch
                from moved m where a.run_id = m.id and a.ended_at is not null
            )
            update runs r set submitted_at = m.start, available_at = m.start + (r.available_at - m.base) * m.stretch,
                claimed_at = m.start + (r.claimed_at - m.base) * m.stretch,
                last_heartbeat_at = m.start + (r.last_heartbeat_at - m.base) * m.stretch,
                ended_at = m.start + (r.ended_at - m.base) * m.stretch, failed_at = m.start + (r.failed_at - m.base) * m.stretch
            from moved m where r.id = m.id""";

    private static final String SILENT = """
            update leases set claimed_at = claimed_at - cast(? as interval), last_heartbeat_at = last_heartbeat_at - cast(? as interval)
            where run_id = ?""";

    private final Connection database;

    private Past(Connection database) throws SQLException {
        this.database = database;
        // The owner's word for: of whatever tenant.
        try (var statement = database.createStatement()) {
            statement.execute("select set_config('holdfast.everybody', 'on', false)");
        }
    }

    /** The database of HOLDFAST_DB_URL, else the embedded one of the Holdfast that {@code mvn -Prun} runs here. */
    static Past open(Map<String, String> environment) throws IOException, SQLException {
        var url = environment.getOrDefault("HOLDFAST_DB_URL", "");
        if (!url.isBlank()) {
            return new Past(DriverManager.getConnection(
                    url, environment.get("HOLDFAST_DB_USER"), environment.get("HOLDFAST_DB_PASSWORD")));
        }
        var directory = Path.of(environment.getOrDefault("HOLDFAST_DATA_DIR", ".holdfast/postgresql"));
        var port = Files.readAllLines(directory.resolve("data/postmaster.pid"))
                .get(3)
                .strip();
        var password = Files.readString(directory.resolve("password")).strip();
        return new Past(
                DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/holdfast", "holdfast", password));
    }

    /** Makes it so that an ended run was submitted so long ago, and took its time. */
    void move(String run, Duration ago) throws SQLException {
        change(RUN, ago.toString(), STRETCH, UUID.fromString(run));
    }

    /** The same, of one whose times to come stay where they are. */
    void begin(String run, Duration ago) throws SQLException {
        change(RUN, ago.toString(), 1.0, UUID.fromString(run));
    }

    /** Makes it so that the run's owner has not been heard of for so long. */
    void silence(String run, Duration since) throws SQLException {
        change(SILENT, since.toString(), since.toString(), UUID.fromString(run));
    }

    private void change(String sql, Object... arguments) throws SQLException {
        try (var statement = database.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setObject(i + 1, arguments[i]);
            }
            statement.executeUpdate();
        }
    }

    @Override
    public void close() throws SQLException {
        database.close();
    }
}
