package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Contract;
import org.junit.jupiter.api.Test;

class PublishedContractIT {
    private final Api api = Api.at(Cluster.node(1).uri());

    /** Whoever reads it from a server holds what the tests hold every reply to: nothing scanned, nothing lost. */
    @Test
    void I9_theServerPublishesTheContractAsItIs() {
        var published = api.with("Accept", "application/json")
                .get("/openapi")
                .expect(200)
                .json();
        var contract = Contract.published().document();

        assertThat(published.path("paths").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(
                        () -> contract.path("paths").fieldNames());
        assertThat(published).isEqualTo(contract);
    }
}
