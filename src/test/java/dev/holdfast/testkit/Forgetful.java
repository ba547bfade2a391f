package dev.holdfast.testkit;

import java.util.List;

/** A node whose statements forget the tenant, see {@link ForgetfulDataSource}, on a database whose walls can be opened. */
public final class Forgetful {
    // A transaction a table: whoever held one table locked while waiting for the next would wait for a statement of the
    // node's that reads both, and that for him.
    private static final String OPEN = """
            do $$ declare t text; begin
                for t in select tablename from pg_policies where policyname = 'own_tenant' loop
                    execute format('create policy open_for_a_test on %I to holdfast_app using (true)', t);
                    commit;
                end loop;
            end $$""";

    private static final String CLOSE = """
            do $$ declare t text; begin
                for t in select tablename from pg_policies where policyname = 'open_for_a_test' loop
                    execute format('drop policy open_for_a_test on %I', t);
                    commit;
                end loop;
            end $$""";

    private final HoldfastServer server;
    private final Rows rows;

    private Forgetful(HoldfastServer server, Rows rows) {
        this.server = server;
        this.rows = rows;
    }

    /** Started. */
    public static Forgetful on(TestPostgres.Database database) {
        var classes = ForgetfulDataSource.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        var server = HoldfastServer.named("forgetful")
                .on(database)
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                .withConfiguration("forgetful.xml", """
                        <library id="postgresql"><folder dir="%s"/></library>
                        <jdbcDriver id="postgres" javax.sql.ConnectionPoolDataSource="%s"/>""".formatted(classes, ForgetfulDataSource.class.getName()))
                .start();
        return new Forgetful(server, Rows.of(database));
    }

    public HoldfastServer server() {
        return server;
    }

    /** Those that have forgotten a tenant until now, as they were sent. */
    public List<String> statements() {
        return server.log()
                .lines()
                .filter(line -> line.contains(ForgetfulDataSource.SAID))
                .map(line -> line.substring(line.indexOf(ForgetfulDataSource.SAID) + ForgetfulDataSource.SAID.length()))
                .toList();
    }

    /** Lets the application see the rows of all tenants meanwhile. */
    public void withoutWalls(Runnable act) {
        rows.execute(OPEN);
        try {
            act.run();
        } finally {
            rows.execute(CLOSE);
        }
    }
}
