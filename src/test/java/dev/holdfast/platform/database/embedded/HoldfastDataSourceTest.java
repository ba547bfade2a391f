package dev.holdfast.platform.database.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.PooledConnection;
import org.junit.jupiter.api.Test;

class HoldfastDataSourceTest {
    @Test
    void whatTheUrlSaysWinsOverTheServersProperties() throws SQLException {
        var postgres = TestPostgres.shared().newDatabase();
        HoldfastDataSource source = new HoldfastDataSource();
        source.setUrl(postgres.url() + "?ApplicationName=from-the-url");
        source.setApplicationName("from-the-server");
        source.setOptions("-c lock_timeout=1234ms");
        source.setUser(postgres.user());
        source.setPassword(postgres.password());

        PooledConnection pooled = source.getPooledConnection();
        try (Connection connection = pooled.getConnection();
                var rows = connection
                        .createStatement()
                        .executeQuery("select current_setting('application_name'), current_setting('lock_timeout')")) {
            rows.next();
            assertThat(rows.getString(1)).isEqualTo("from-the-url");
            assertThat(rows.getString(2)).isEqualTo("1234ms");
        } finally {
            pooled.close();
        }
    }

    @Test
    void aUrlThatIsNoneIsRefusedWithoutRepeatingIt() {
        HoldfastDataSource source = new HoldfastDataSource();
        source.setUrl("postgres://holdfast:secret@localhost/holdfast");

        assertThatThrownBy(source::getPooledConnection)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("HOLDFAST_DB_URL is no JDBC URL of PostgreSQL")
                .hasMessageNotContaining("secret");
    }
}
