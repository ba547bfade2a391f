package dev.holdfast.run;

import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Reads the runs' table. Its writers stand beside it, a class a kind of move. */
@ApplicationScoped
public class Runs {
    private static final String SELECT = "select " + RunRow.LEASED + """

            from runs r
            left join leases l on l.run_id = r.id and l.tenant_id = r.tenant_id
            left join lanes p on p.tenant_id = l.tenant_id and p.name = l.lane
            """;

    private static final String BY_ID = SELECT + "where r.tenant_id = ? and r.id = ?";

    private static final String BY_IDEMPOTENCY_KEY = SELECT + "where r.tenant_id = ? and r.idempotency_key = ?";

    private static final String ACTIVE_SUBJECT = """
            select id from runs
            where tenant_id = ? and lane = ? and subject = ?
              and state in ('queued', 'claimed', 'running', 'suspended')""";

    private final Database database;

    protected Runs() { // for the proxy
        this(null);
    }

    @Inject
    Runs(Database database) {
        this.database = database;
    }

    public Optional<RunRow> find(UUID tenant, UUID id) {
        return database.of(tenant).one(BY_ID, RunRow::of, tenant, id);
    }

    Optional<RunRow> submittedWith(UUID tenant, String idempotencyKey) {
        return database.of(tenant).one(BY_IDEMPOTENCY_KEY, RunRow::of, tenant, idempotencyKey);
    }

    Optional<UUID> activeAbout(UUID tenant, String lane, String subject) {
        return database.of(tenant).one(ACTIVE_SUBJECT, row -> row.getObject(1, UUID.class), tenant, lane, subject);
    }

    /** The tenant's runs that the filter lets through, newest first. */
    List<RunRow> list(UUID tenant, RunFilter filter, int limit) {
        var arguments = new ArrayList<Object>();
        arguments.add(tenant);
        arguments.addAll(filter.arguments());
        arguments.add(limit);
        return database.of(tenant)
                .query(
                        SELECT + "where r.tenant_id = ?" + filter.conditions()
                                + " order by r.submitted_at desc, r.id desc limit ?",
                        RunRow::of,
                        arguments.toArray());
    }
}
