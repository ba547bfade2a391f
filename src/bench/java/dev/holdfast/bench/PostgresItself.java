package dev.holdfast.bench;

import dev.holdfast.testkit.TestPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * The least that the work of a queue costs in the same PostgreSQL: one narrow table, bare statements, prepared, a commit each,
 * without HTTP, tenants, keys, timeline or checks. What is slower than this pays for something; what is faster shares commits.
 */
final class PostgresItself {
    private static final String TABLE = """
            create table bare (id bigint generated always as identity primary key, client int not null, state text not null,
                               input json, result json, fence bigint not null default 0, beaten_at timestamptz);
            create index bare_to_claim on bare (client, id) where state = 'queued'""";

    private static final String SUBMIT =
            "insert into bare (client, state, input) select ?, 'queued', '{\"n\":1}' from generate_series(1, ?)";

    private static final String CLAIM = """
            update bare set state = 'claimed', fence = fence + 1, beaten_at = now()
            where id in (select id from bare where client = ? and state = 'queued' order by id limit ? for update skip locked)""";

    private static final String COMPLETE = """
            update bare set state = 'completed', result = '{"n":1}'
            where id in (select id from bare where client = ? and state = 'claimed' order by id limit ?)""";

    private final TestPostgres.Database database;

    PostgresItself(TestPostgres.Database database) throws SQLException {
        this.database = database;
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            statement.execute(TABLE);
            statement.execute("create index bare_claimed on bare (client, id) where state = 'claimed'");
        }
    }

    /** Three commits: as many runs submitted, claimed and completed. */
    Load.Step life(int client, int runs) throws SQLException {
        var connection = database.connect();
        var submit = prepared(connection, SUBMIT, client, runs);
        var claim = prepared(connection, CLAIM, client, runs);
        var complete = prepared(connection, COMPLETE, client, runs);
        Load.Step step = () -> {
            submit.execute();
            claim.execute();
            complete.execute();
            return runs;
        };
        return step.closing(connection);
    }

    private static PreparedStatement prepared(Connection connection, String sql, int client, int runs)
            throws SQLException {
        var statement = connection.prepareStatement(sql);
        statement.setInt(1, client);
        statement.setInt(2, runs);
        return statement;
    }
}
