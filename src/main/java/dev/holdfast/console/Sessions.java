package dev.holdfast.console;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.key.Caller;
import dev.holdfast.key.KeyFormat;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Who is logged in, by the database's clock: until so long unused, and so long in all. */
@ApplicationScoped
class Sessions {
    private static final String ALIVE = """
            s.last_seen_at > statement_timestamp() - interval 'PT30M' and s.created_at > statement_timestamp() - interval 'PT12H'""";

    private static final String ADD = """
            insert into console_sessions (tenant_id, id, hash, person, scopes, roles) values (?, ?, ?, ?, ?, ?) returning statement_timestamp() as now""";

    private static final String FIND = """
            select s.*, statement_timestamp() as now, s.last_seen_at < statement_timestamp() - interval 'PT1M' as unseen
            from console_sessions s join tenants t on t.id = s.tenant_id and t.disabled_at is null
            where s.id = ? and %s""".formatted(ALIVE);

    private static final String SEE =
            "update console_sessions set last_seen_at = statement_timestamp() where id = ? returning id";

    private static final String END = "delete from console_sessions where id = ? returning id";

    private static final String SWEEP = "delete from console_sessions s where not (%s) returning s.id".formatted(ALIVE);

    private final Database database;

    protected Sessions() { // for the proxy
        this(null);
    }

    @Inject
    Sessions(Database database) {
        this.database = database;
    }

    private record Row(byte[] hash, boolean unseen, Caller caller, Instant now) {}

    Session begin(Caller caller) {
        var id = UUID.randomUUID();
        var secret = KeyFormat.secret();
        database.everybody().query(SWEEP, row -> true);
        var now = database.of(caller.tenant())
                .one(
                        ADD,
                        row -> instant(row, "now"),
                        caller.tenant(),
                        id,
                        KeyFormat.hashOfSecret(secret),
                        caller.name(),
                        Array.texts(List.copyOf(caller.scopes())),
                        Array.texts(List.copyOf(caller.roles())));
        return new Session(id, secret, caller, now.orElseThrow());
    }

    /** @param byHand whether a person does something, rather than a page by itself: that alone keeps a session alive */
    Optional<Session> find(UUID id, String secret, boolean byHand) {
        var found = database.everybody()
                .one(FIND, Sessions::toRow, id)
                .filter(row -> MessageDigest.isEqual(row.hash(), KeyFormat.hashOfSecret(secret)));
        if (byHand && found.filter(Row::unseen).isPresent()) {
            database.of(found.get().caller().tenant()).query(SEE, row -> true, id);
        }
        return found.map(row -> new Session(id, secret, row.caller(), row.now()));
    }

    void end(Session session) {
        database.of(session.caller().tenant()).query(END, row -> true, session.id());
    }

    private static Row toRow(ResultSet row) throws SQLException {
        return new Row(
                row.getBytes("hash"),
                row.getBoolean("unseen"),
                Caller.person(
                        row.getObject("tenant_id", UUID.class),
                        row.getString("person"),
                        texts(row, "scopes"),
                        texts(row, "roles")),
                instant(row, "now"));
    }

    private static Set<String> texts(ResultSet row, String column) throws SQLException {
        return Set.of((String[]) row.getArray(column).getArray());
    }
}
