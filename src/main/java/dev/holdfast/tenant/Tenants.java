package dev.holdfast.tenant;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.event.Author;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.key.KeyFormat;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The tenants' table. */
@ApplicationScoped
class Tenants {
    private static final String COLUMNS = "id, name, created_at, disabled_at";

    private static final String ADD = """
            with made as (
                insert into tenants (id, name, event_count) values (?, ?, 1) on conflict (name) do nothing returning *
            ), keyed as (
                insert into api_keys (tenant_id, id, name, prefix, hash, scopes)
                select id, ?, 'administrator', ?, ?, ? from made
            ), numbered as (
                select *, cast(? as json) as data from made
            ), %s
            select %s from made""".formatted(TenantTimeline.RECORD, COLUMNS);

    private static final String PAGE = "select " + COLUMNS + """

            from tenants where cast(? as uuid) is null or (created_at, id) < (?, ?)
            order by created_at desc, id desc limit ?""";

    private static final String DISABLE = """
            with known as (
                select * from tenants where id = ?
            ), changed as (
                update tenants t set disabled_at = case when cast(? as boolean) then statement_timestamp() end,
                    event_count = t.event_count + 1
                from known where t.id = known.id and (t.disabled_at is null) = ?
                returning t.*
            ), numbered as (
                select *, cast(? as json) as data from changed
            ), %s
            select %2$s from changed union all select %2$s from known where not exists (select from changed)""".formatted(TenantTimeline.RECORD, COLUMNS);

    private final Database database;

    protected Tenants() { // for the proxy
        this(null);
    }

    @Inject
    Tenants(Database database) {
        this.database = database;
    }

    /** Makes a tenant and its first key, which has every scope of a tenant. @return empty if the name is taken */
    Optional<Tenant> add(UUID id, String name, UUID keyId, String key, Author author) {
        var prefix = KeyFormat.prefix(key);
        var scopes = Scope.OF_TENANT.stream().sorted().toList();
        var told = Map.of("name", name, "keyId", keyId, "prefix", prefix, "scopes", scopes);
        return database.everybody()
                .one(
                        ADD,
                        Tenants::toTenant,
                        author.did("tenant_created", told)
                                .after(id, name, keyId, prefix, KeyFormat.hash(key), Array.texts(scopes)));
    }

    /** A page of all tenants, newest first; nulls for the first page. */
    List<Tenant> page(Instant madeBefore, UUID before, int limit) {
        return database.everybody().query(PAGE, Tenants::toTenant, before, madeBefore, before, limit);
    }

    /** Disables or enables; a second call changes nothing. @return empty if there is no such tenant */
    Optional<Tenant> disable(UUID id, boolean disabled, Author author) {
        var deed = author.did(disabled ? "tenant_disabled" : "tenant_enabled", Map.of());
        return database.everybody().one(DISABLE, Tenants::toTenant, deed.after(id, disabled, disabled));
    }

    private static Tenant toTenant(ResultSet row) throws SQLException {
        return new Tenant(
                row.getObject("id", UUID.class),
                row.getString("name"),
                instant(row, "created_at"),
                instant(row, "disabled_at"));
    }
}
