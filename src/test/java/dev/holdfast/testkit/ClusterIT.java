package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The test kit itself. */
class ClusterIT {
    @Test
    void twoNodesAreReadyOnOneDatabase() throws Exception {
        HoldfastServer first = Cluster.node(1);
        HoldfastServer second = Cluster.node(2);

        assertThat(first.isReady()).isTrue();
        assertThat(second.isReady()).isTrue();
        assertThat(first).isSameAs(Cluster.node(1)).isNotSameAs(second);
        try (var connection = Cluster.database().connect();
                var rows = connection
                        .createStatement()
                        .executeQuery("select count(*) from pg_stat_activity"
                                + " where datname = current_database() and application_name = 'holdfast'")) {
            rows.next();
            assertThat(rows.getInt(1)).isGreaterThanOrEqualTo(2);
        }
    }
}
