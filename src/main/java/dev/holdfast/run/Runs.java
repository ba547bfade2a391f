package dev.holdfast.run;

import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.RowMapper;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Reads the runs' table. Its writers stand beside it, a class a kind of move. */
@ApplicationScoped
public class Runs {
    /** The lease {@code l} and lane {@code p} that a run {@code r} may have. */
    static final String WITH_LEASE = """
            left join leases l on l.run_id = r.id and l.tenant_id = r.tenant_id
            left join lanes p on p.tenant_id = l.tenant_id and p.name = l.lane
            """;

    private static final String SELECT = "select " + RunRow.LEASED + " from runs r " + WITH_LEASE;

    private static final String BY_ID = SELECT + "where r.tenant_id = ? and r.id = ?";

    private static final String BY_IDEMPOTENCY_KEY = SELECT + "where r.tenant_id = ? and r.idempotency_key = ?";

    private static final String ACTIVE_SUBJECT = """
            select id from runs
            where tenant_id = ? and lane = ? and subject = ?
              and state in ('queued', 'claimed', 'running', 'suspended')""";

    private static final String DESCENDANTS = """
            with recursive family (id, state, depth) as (
                select c.id, c.state, 1 from runs c where c.tenant_id = ? and c.parent_run_id = ?
                union all
                select c.id, c.state, f.depth + 1 from family f join runs c on c.tenant_id = ? and c.parent_run_id = f.id)
            select id from family where state <> 'cancelled' order by depth, id""";

    private static final RowMapper<UUID> ID = row -> row.getObject(1, UUID.class);

    private final Database database;

    protected Runs() { // for the proxy
        this(null);
    }

    @Inject
    Runs(Database database) {
        this.database = database;
    }

    public Optional<RunRow> find(UUID tenant, UUID id) {
        return database.routinely(tenant, false).one(BY_ID, RunRow::of, tenant, id);
    }

    Optional<RunRow> submittedWith(UUID tenant, String idempotencyKey) {
        return database.of(tenant).one(BY_IDEMPOTENCY_KEY, RunRow::of, tenant, idempotencyKey);
    }

    Optional<UUID> activeAbout(UUID tenant, String lane, String subject) {
        return database.of(tenant).one(ACTIVE_SUBJECT, ID, tenant, lane, subject);
    }

    /** Newest first. */
    List<RunRow> list(RunSearch search, int limit) {
        return search(RunRow.LEASED, search, RunRow::of, limit);
    }

    /** Newest first. */
    List<UUID> ids(RunSearch search, int limit) {
        return search("r.id", search, ID, limit);
    }

    /** The run's children, theirs and so on, but for those cancelled already; parents before their children. */
    List<UUID> descendants(UUID tenant, UUID run) {
        return database.of(tenant).query(DESCENDANTS, ID, tenant, run, tenant);
    }

    /** Whose run it is; empty if there is none of this id. For those who act for all tenants. */
    Optional<UUID> tenantOf(UUID run) {
        return database.everybody().one("select tenant_id from runs where id = ?", ID, run);
    }

    private <T> List<T> search(String columns, RunSearch search, RowMapper<T> mapper, int limit) {
        for (var clue : search.clues()) {
            if (search.within(database.of(search.tenant())
                    .query(clue.sql(), ID, clue.arguments().toArray()))) {
                break;
            }
        }
        var arguments = new ArrayList<>(search.arguments());
        arguments.add(limit);
        return database.of(search.tenant())
                .query(
                        "select " + columns + " from " + search.source() + " r " + WITH_LEASE + "where "
                                + search.conditions() + " order by r.submitted_at desc, r.id desc limit ?",
                        mapper,
                        arguments.toArray());
    }
}
