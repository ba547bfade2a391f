package dev.holdfast.key;

import static dev.holdfast.platform.database.Database.column;

import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Whether those who were let in would still be, for calls that last. */
@ApplicationScoped
public class Credentials {
    // Of a person the tenant is asked alone: the registry or the token spoke once, when the call began.
    private static final String GOOD = """
            select c.n from unnest(?, ?, ?, ?) with ordinality as c (tenant_id, key_id, run_id, fence, n)
            join tenants t on t.id = c.tenant_id and t.disabled_at is null
            where case
                when c.run_id is not null then exists (
                    select from leases l where l.run_id = c.run_id and l.tenant_id = c.tenant_id and l.fence = c.fence
                      and l.key_expires_at > statement_timestamp())
                when c.key_id is not null then exists (
                    select from api_keys k where k.tenant_id = c.tenant_id and k.id = c.key_id and k.revoked_at is null
                      and coalesce(k.expires_at > statement_timestamp(), true))
                else true end""";

    private final Database database;

    protected Credentials() { // for the proxy
        this(null);
    }

    @Inject
    Credentials(Database database) {
        this.database = database;
    }

    /** Those of them whose credential is still good. */
    public Set<Caller> good(List<Caller> callers) {
        var good = new HashSet<Caller>();
        database.everybody()
                .query(
                        GOOD,
                        row -> good.add(callers.get(row.getInt("n") - 1)),
                        Array.ids(column(callers, Caller::tenant)),
                        Array.ids(column(callers, Caller::id)),
                        Array.ids(column(callers, Caller::run)),
                        Array.numbers(column(callers, Caller::fence)));
        return good;
    }
}
