package dev.holdfast.testkit;

import dev.holdfast.platform.database.embedded.HoldfastDataSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.postgresql.PGConnection;

/**
 * In the lib of a test's server instead of Holdfast's own: the connections that serve requests forget to ask for the tenant.
 * Every comparison of a tenant in every statement, with an argument or with another row, is made one that always holds. The
 * log names each such statement once.
 */
public class ForgetfulDataSource extends HoldfastDataSource {
    /** Begins each line of the log that names a statement. */
    static final String SAID = "Forgets the tenant: ";

    private static final long serialVersionUID = 1;
    private static final Pattern GIVEN =
            Pattern.compile("\\b(\\w+\\.)?tenant_id\\s*=\\s*(\\?|cast\\(\\? as uuid\\))", Pattern.CASE_INSENSITIVE);
    private static final Pattern OF_ANOTHER_ROW =
            Pattern.compile("\\b\\w+\\.tenant_id\\s*=\\s*\\w+\\.tenant_id\\b", Pattern.CASE_INSENSITIVE);
    private static final Set<String> FORGETFUL = ConcurrentHashMap.newKeySet();

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        var connection = super.getConnection(user, password);
        return getRole().equals("holdfast_app") ? forgetful(connection) : connection;
    }

    private static Connection forgetful(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                ForgetfulDataSource.class.getClassLoader(),
                new Class<?>[] {Connection.class, PGConnection.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("prepareStatement")) {
                        arguments[0] = forgotten((String) arguments[0]);
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    static String forgotten(String sql) {
        var open = OF_ANOTHER_ROW
                .matcher(GIVEN.matcher(sql).replaceAll("cast(? as uuid) is not null"))
                .replaceAll("true");
        if (!open.equals(sql) && FORGETFUL.add(sql)) {
            System.out.println(SAID + open.replaceAll("\\s+", " "));
        }
        return open;
    }
}
