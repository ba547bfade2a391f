package dev.holdfast.platform.database.embedded;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import javax.sql.PooledConnection;
import org.postgresql.Driver;
import org.postgresql.ds.PGConnectionPoolDataSource;
import org.postgresql.ds.PGPooledConnection;

/**
 * The one class that server.xml names: connections to the database at {@code url} or, when that is empty, to the
 * embedded PostgreSQL, which is started by the first connection, and again by the next one should it have died.
 */
public class HoldfastDataSource extends PGConnectionPoolDataSource {
    private static final long serialVersionUID = 1L;

    private String url = "";
    private String dataDirectory = "";
    private String appliedUrl = "";
    private String role = "";

    /** With what the URL may overrule. */
    public HoldfastDataSource() {
        setApplicationName("holdfast");
        setConnectTimeout(5);
        setLoginTimeout(10);
        // A little over the statement_timeout of server.xml, so that PostgreSQL's own answer comes first.
        setSocketTimeout(40);
        setTcpKeepAlive(true);
        // The machine path repeats few statements: they are planned once, at the second use.
        setPrepareThreshold(2);
    }

    /** A JDBC URL; empty means the embedded PostgreSQL. */
    @Override
    public void setUrl(String url) {
        this.url = url.strip();
    }

    @Override
    public void setURL(String url) {
        setUrl(url);
    }

    /** Where the embedded PostgreSQL keeps everything; unused when there is a URL. */
    public void setDataDirectory(String dataDirectory) {
        this.dataDirectory = dataDirectory.strip();
    }

    public String getDataDirectory() {
        return dataDirectory;
    }

    /** The role that a connection takes on, so that it owns nothing; empty for the user's own. */
    public void setRole(String role) {
        this.role = role.strip();
    }

    public String getRole() {
        return role;
    }

    @Override
    public PooledConnection getPooledConnection() throws SQLException {
        return getPooledConnection(getUser(), getPassword());
    }

    @Override
    public PooledConnection getPooledConnection(String user, String password) throws SQLException {
        if (url.isEmpty()) {
            return embedded();
        }
        apply(url);
        return new PGPooledConnection(Role.taken(getConnection(user, password), role), isDefaultAutoCommit());
    }

    private PooledConnection embedded() throws SQLException {
        if (dataDirectory.isEmpty()) {
            throw new SQLException("Neither HOLDFAST_DB_URL nor HOLDFAST_DATA_DIR is set: no database to connect to.");
        }
        SharedPostgres shared = SharedPostgres.in(Path.of(dataDirectory));
        EmbeddedPostgres postgres = shared.running();
        apply(postgres.url());
        Connection connection = getConnection(postgres.user(), postgres.password());
        return shared.lend(Role.taken(connection, role), isDefaultAutoCommit());
    }

    /** Unlike the driver's own setUrl: what the URL says wins over the properties of server.xml. */
    private synchronized void apply(String jdbcUrl) throws SQLException {
        if (jdbcUrl.equals(appliedUrl)) {
            return;
        }
        Properties parsed = Driver.parseURL(jdbcUrl, null);
        if (parsed == null) {
            // The URL itself stays out of the message: it may carry a password.
            throw new SQLException("HOLDFAST_DB_URL is no JDBC URL of PostgreSQL; expected"
                    + " jdbc:postgresql://host[:port][,host...]/database[?name=value&...]");
        }
        for (String name : parsed.stringPropertyNames()) {
            setProperty(name, parsed.getProperty(name));
        }
        appliedUrl = jdbcUrl;
    }
}
