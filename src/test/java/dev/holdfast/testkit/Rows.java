package dev.holdfast.testkit;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The database behind the servers' back: what is stored, and a way to shift stored times instead of sleeping. */
public final class Rows {
    /** One connection a database, since connecting costs more than asking; a test may have killed the other end. */
    private static final Map<TestPostgres.Database, Connection> KEPT = new HashMap<>();

    private final TestPostgres.Database database;

    private Rows(TestPostgres.Database database) {
        this.database = database;
    }

    public static Rows ofCluster() {
        return new Rows(Cluster.database());
    }

    public static Rows of(TestPostgres.Database database) {
        return new Rows(database);
    }

    /** All rows of a query, columns by name. */
    public List<Map<String, Object>> all(String sql, Object... arguments) {
        try (var statement = prepared(kept(), sql, arguments);
                var result = statement.executeQuery()) {
            var columns = result.getMetaData();
            var rows = new ArrayList<Map<String, Object>>();
            while (result.next()) {
                var row = new LinkedHashMap<String, Object>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    row.put(columns.getColumnLabel(i), result.getObject(i));
                }
                rows.add(row);
            }
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** The only row of a query. */
    public Map<String, Object> one(String sql, Object... arguments) {
        var rows = all(sql, arguments);
        if (rows.size() != 1) {
            throw new AssertionError(rows.size() + " rows instead of one: " + sql);
        }
        return rows.get(0);
    }

    /** The only value of a query, as a number. */
    public long count(String sql, Object... arguments) {
        return ((Number) one(sql, arguments).values().iterator().next()).longValue();
    }

    /**
     * Every column of every row that is about the run, in whatever table, with the transaction that last wrote it: equal
     * before and after means that nothing was written, not even the same again.
     */
    public List<String> everythingOf(String run) {
        return everything("run_id", "runs", UUID.fromString(run));
    }

    /** The same of all that belongs to a tenant, save who polls, when keys are used, and seals: those are made after the calls. */
    public List<String> everythingOf(UUID tenant) {
        return everything("tenant_id", "tenants", tenant);
    }

    private List<String> everything(String reference, String table, UUID id) {
        var queries = all("""
                        select format('select ''%1$s'' || %3$s from %1$s t where %2$s = ?', table_name || ' ', column_name,
                                      case table_name when 'api_keys' then 'cast(to_jsonb(t) - ''last_used_at'' as text)'
                                                      else 'cast(t.xmin as text) || cast(t as text)' end) as part
                        from information_schema.columns
                        where table_schema = current_schema() and table_name not in ('pollers', 'seals')
                          and (column_name = ? or (table_name = ? and column_name = 'id'))""", reference, table).stream()
                .map(row -> row.get("part").toString())
                .toList();
        var ids = Collections.nCopies(queries.size(), id).toArray();
        return all(String.join(" union all ", queries) + " order by 1", ids).stream()
                .map(row -> row.values().toString())
                .toList();
    }

    /** Writes; says how many rows. */
    public int change(String sql, Object... arguments) {
        try (var statement = prepared(kept(), sql, arguments)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Makes it so that a run in flight was claimed, and its owner last heard of, so long ago. */
    public void shift(String run, Duration sinceClaim, Duration sinceBeat) {
        int shifted = change("""
                with lease as (
                    update leases set claimed_at = statement_timestamp() - cast(? as interval),
                        last_heartbeat_at = statement_timestamp() - cast(? as interval)
                    where run_id = ? returning *
                )
                update runs r set claimed_at = l.claimed_at from lease l where r.id = l.run_id""", sinceClaim.toString(), sinceBeat.toString(), UUID.fromString(run));
        if (shifted != 1) {
            throw new AssertionError("run " + run + " is not in flight");
        }
    }

    /** Makes it so that no sweep by timer judges the lane's owners: whoever is stale there stays so until a test acts. */
    public void holdFromSweeps(String lane) {
        change("update lanes set held_until = statement_timestamp() + interval 'PT1H' where name = ?", lane);
    }

    /** Runs statements as they stand: triggers, functions. */
    public void execute(String sql) {
        try (var statement = kept().createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** A transaction that holds what its statements lock until it is closed: a race is staged with it, not hoped for. */
    public Connection transaction() {
        try {
            var connection = database.connect();
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Asserts what must hold of the stored rows at every instant, whatever has happened. */
    public void assertInvariants() {
        assertNone("a lease without a run in flight at its fence", """
                select l.run_id from leases l left join runs r
                  on r.id = l.run_id and r.tenant_id = l.tenant_id and r.fence = l.fence and r.state in ('claimed', 'running')
                where r.id is null""");
        assertNone("a run in flight without its lease", """
                select r.id from runs r left join leases l
                  on r.id = l.run_id and r.tenant_id = l.tenant_id and r.fence = l.fence
                where r.state in ('claimed', 'running') and l.run_id is null""");
        assertNone("a timeline with gaps, or not as long as its run says", """
                select r.id from runs r left join events e on e.run_id = r.id and e.tenant_id = r.tenant_id
                group by r.id, r.event_count
                having count(e.seq) <> r.event_count or min(e.seq) <> 1 or max(e.seq) <> r.event_count""");
        assertNone("a tenant's own timeline with gaps, or not as long as it says", """
                select t.id from tenants t join events e on e.tenant_id = t.id and e.run_id = t.id
                group by t.id, t.event_count
                having count(*) <> t.event_count or min(e.seq) <> 1 or max(e.seq) <> t.event_count""");
        assertNone("a timeline whose moves do not follow one another, or do not end at the run's state", """
                select run_id from (
                    select e.run_id, e.from_state, lag(e.to_state) over w as before, e.to_state,
                           lead(e.to_state) over w as after, r.state
                    from events e join runs r on r.id = e.run_id and r.tenant_id = e.tenant_id
                    where e.to_state is not null
                    window w as (partition by e.run_id order by e.seq)) m
                where from_state is distinct from before or (after is null and to_state <> state)""");
        assertNone("a pending approval whose run does not wait for it", """
                select a.id from approvals a left join runs r
                  on r.id = a.run_id and r.tenant_id = a.tenant_id and r.waiting_for = 'approval'
                where a.status = 'pending' and r.id is null""");
        assertNone("a run that waits for an approval without one", """
                select r.id from runs r left join approvals a
                  on a.run_id = r.id and a.tenant_id = r.tenant_id and a.status = 'pending'
                where r.waiting_for = 'approval' and a.id is null""");
        assertNone("a decision on nothing, or an end by people without enough of them", """
                select a.id from approvals a left join decisions d on d.approval_id = a.id and d.tenant_id = a.tenant_id
                group by a.id, a.tenant_id
                having a.status = 'approved' and (count(*) filter (where d.approved) <> a.required or bool_or(not d.approved))
                    or a.status = 'denied' and count(*) filter (where not d.approved) <> 1
                    or a.status in ('pending', 'expired', 'withdrawn') and bool_or(not d.approved)""");
    }

    private void assertNone(String what, String sql) {
        var rows = all(sql);
        if (!rows.isEmpty()) {
            throw new AssertionError(what + ": " + rows);
        }
    }

    private Connection kept() throws SQLException {
        synchronized (KEPT) {
            var connection = KEPT.get(database);
            if (connection == null || !connection.isValid(5)) {
                connection = database.connect();
                KEPT.put(database, connection);
            }
            return connection;
        }
    }

    private static PreparedStatement prepared(Connection connection, String sql, Object... arguments)
            throws SQLException {
        var statement = connection.prepareStatement(sql);
        for (int i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
        return statement;
    }
}
