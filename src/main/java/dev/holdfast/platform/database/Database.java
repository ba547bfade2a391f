package dev.holdfast.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * Plain SQL for the machine path. Outside a transaction a statement is its own: one round trip, one commit. Inside one
 * it shares the transaction's connection with JPA.
 *
 * <p>Each statement says whose rows it is about, and PostgreSQL shows it no others, whatever it forgets to ask: see {@link
 * Walls}.
 */
@ApplicationScoped
public class Database {
    private static final int TRIES = 5;

    // Sent together with what they are said for, and of its transaction: to its end, where it is a caller's. What is
    // said all day long is planned for any arguments: else PostgreSQL sees that few come at once, and plans anew for
    // them.
    private static final String ROUTINE = "select set_config('plan_cache_mode', 'force_generic_plan', true)%s;";
    private static final String PATIENTLY = ROUTINE.formatted("");
    private static final String BRIEFLY = ROUTINE.formatted(", set_config('lock_timeout', '250ms', true)");

    @Resource(lookup = "jdbc/holdfastEverybody")
    DataSource everybodys;

    // Given back at once. A shared connection stays with the request to its end, and so with each that waits for a
    // lock:
    // nobody else could be told who is asking.
    @Resource(lookup = "jdbc/holdfastEverybody", shareable = false)
    DataSource everybodysForAStatement;

    @Inject
    TenantConnections shown;

    /** Maps one row; the result set is at it. */
    @FunctionalInterface
    public interface RowMapper<T> {
        T map(ResultSet row) throws SQLException;
    }

    @FunctionalInterface
    private interface Lender {
        Connection lend() throws SQLException;
    }

    /** Where a statement finds a connection, and what is said before it. */
    protected record Pool(Lender lender, String preface) {}

    /** Whose rows a statement sees and writes. */
    public final class View {
        private final Pool pool;

        private View(Lender lender, String preface) {
            pool = new Pool(lender, preface);
        }

        /**
         * Runs a statement that returns rows, its arguments bound by position. A statement of its own that was the victim
         * of a deadlock changed nothing and is said again.
         *
         * @throws DatabaseFault if the database refuses or cannot be reached
         */
        public <T> List<T> query(String sql, RowMapper<T> mapper, Object... arguments) {
            return run(pool, sql, mapper, arguments);
        }

        /** Like {@link #query}, of a statement that returns one row or none. */
        public <T> Optional<T> one(String sql, RowMapper<T> mapper, Object... arguments) {
            return query(sql, mapper, arguments).stream().findFirst();
        }

        /** What time it is: the only clock that a rule may ask. */
        public Instant now() {
            return one("select statement_timestamp() as now", row -> instant(row, "now"))
                    .orElseThrow();
        }

        /** Lets JPA too see these rows, for the rest of the transaction: its first act. */
        public void enter() {
            query("select 1", row -> true);
        }
    }

    /** The rows of one tenant. */
    public View of(UUID tenant) {
        Objects.requireNonNull(tenant);
        return new View(() -> shown.connection(tenant), "");
    }

    /**
     * The same, for what workers and producers say all day long: planned once, whatever it is said of. Each null that it
     * is given is cast.
     *
     * @param briefly whether its statements, each of its own then, give up at a lock after a quarter of a second
     */
    public View routinely(UUID tenant, boolean briefly) {
        Objects.requireNonNull(tenant);
        return new View(() -> shown.connection(tenant), briefly ? BRIEFLY : PATIENTLY);
    }

    /**
     * The rows of one tenant, for what a claim's life hangs on: by connections that other requests, however many, do not
     * hold. For statements of their own, {@link #routinely}; never within a transaction.
     */
    public View vitally(UUID tenant) {
        return vitally(tenant, false);
    }

    /** @param briefly see {@link #routinely} */
    public View vitally(UUID tenant, boolean briefly) {
        Objects.requireNonNull(tenant);
        return new View(() -> shown.vitalConnection(tenant), briefly ? BRIEFLY : PATIENTLY);
    }

    /** The rows of all tenants: for who is asking before a tenant is known, and for duties that have none. */
    public View everybody() {
        return new View(() -> (shown.isInTransaction() ? everybodys : everybodysForAStatement).getConnection(), "");
    }

    protected <T> List<T> run(Pool pool, String sql, RowMapper<T> mapper, Object... arguments) {
        for (int attempt = 1; ; attempt++) {
            try (var connection = pool.lender().lend()) {
                try {
                    return rows(connection, pool.preface(), sql, mapper, arguments);
                } catch (SQLException e) {
                    if (attempt == TRIES || !connection.getAutoCommit() || !ExpectedErrors.lostToAnother(e)) {
                        throw e;
                    }
                }
            } catch (SQLException e) {
                throw new DatabaseFault(e);
            }
        }
    }

    /** A column of arguments for {@code unnest}: one value of each item, in order. */
    public static <T, V> List<V> column(List<T> items, Function<T, V> value) {
        var column = new ArrayList<V>(items.size());
        items.forEach(item -> column.add(value.apply(item)));
        return column;
    }

    /** The instant in a column, or null. */
    public static Instant instant(ResultSet row, String column) throws SQLException {
        var time = row.getObject(column, java.time.OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    protected static <T> List<T> rows(Connection connection, String sql, RowMapper<T> mapper, Object... arguments)
            throws SQLException {
        return rows(connection, "", sql, mapper, arguments);
    }

    // Of what goes in one message no argument may be without a type: for one that is the driver ends the transaction
    // that
    // is to be one, and the preface is forgotten before the statement is planned.
    private static <T> List<T> rows(
            Connection connection, String preface, String sql, RowMapper<T> mapper, Object... arguments)
            throws SQLException {
        try (var statement = connection.prepareStatement(preface + sql)) {
            for (int i = 0; i < arguments.length; i++) {
                if (arguments[i] == null && !preface.isEmpty()) {
                    statement.setNull(i + 1, Types.VARCHAR);
                } else {
                    bind(connection, statement, i + 1, arguments[i]);
                }
            }
            try (var result = answer(statement)) {
                var rows = new ArrayList<T>();
                while (result.next()) {
                    rows.add(mapper.map(result));
                }
                return rows;
            }
        }
    }

    /** Of all that is said at once the last is what was asked. */
    private static ResultSet answer(PreparedStatement statement) throws SQLException {
        statement.execute();
        var answer = statement.getResultSet();
        while (statement.getMoreResults(Statement.KEEP_CURRENT_RESULT)) {
            answer = statement.getResultSet();
        }
        return answer;
    }

    private static void bind(Connection connection, PreparedStatement statement, int place, Object value)
            throws SQLException {
        if (value instanceof Array array) {
            statement.setArray(place, connection.createArrayOf(array.type(), array.values()));
        } else if (value instanceof Instant time) {
            statement.setObject(place, time.atOffset(ZoneOffset.UTC));
        } else if (value instanceof Duration duration) {
            statement.setString(place, duration.toString());
        } else if (value instanceof byte[] bytes) {
            statement.setBytes(place, bytes);
        } else {
            statement.setObject(place, value);
        }
    }

    /** An argument that is an SQL array. */
    public record Array(String type, Object[] values) {
        public static Array texts(List<String> values) {
            return new Array("text", values.toArray(String[]::new));
        }

        public static Array ids(List<UUID> values) {
            return new Array("uuid", values.toArray(UUID[]::new));
        }

        public static Array numbers(List<? extends Number> values) {
            return new Array(
                    "int8",
                    values.stream()
                            .map(number -> number == null ? null : number.longValue())
                            .toArray(Long[]::new));
        }

        public static Array flags(List<Boolean> values) {
            return new Array("bool", values.toArray(Boolean[]::new));
        }

        public static Array bytes(List<byte[]> values) {
            return new Array("bytea", values.toArray(byte[][]::new));
        }

        /** Times and durations, which travel as text: the statement casts them. */
        public static Array written(List<?> values) {
            return texts(column(values, value -> value == null ? null : value.toString()));
        }
    }
}
