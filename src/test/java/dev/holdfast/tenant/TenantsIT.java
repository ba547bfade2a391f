package dev.holdfast.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TenantsIT {
    private static final String TENANTS = "/api/v1/tenants";

    private final Rows rows = Rows.ofCluster();
    private final Api one = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api two = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);

    @Test
    void aTenantComesWithAKeyThatDoesEverythingThere() {
        var made = made();
        var api = two.withKey(made.path("key").asText());

        assertThat(api.get(RUNS).expect(200).json().path("items").size()).isZero();
        api.submit("tenants");
        var claim = api.claimOne("w", "tenants");
        api.complete(claim).expect(200);
        var self = api.get("/api/v1/keys/self").expect(200).json();
        assertThat(self.path("tenantId")).isEqualTo(made.path("id"));
        assertThat(self.path("scopes").size()).isEqualTo(6);
        one.get(RUNS + "/" + claim.runId()).expect(404, "not_found");
        assertThat(rows.count("select count(*) from runs where tenant_id = ?", id(made)))
                .isEqualTo(1);
    }

    @Test
    void aNameIsATenantsAlone() {
        var name = made().path("name").asText();
        two.post(TENANTS, Map.of("name", name)).expect(409, "tenant_exists");
        assertThat(rows.count("select count(*) from tenants where name = ?", name))
                .isEqualTo(1);
    }

    @Test
    void H13_aDisabledTenantsKeysOpenNothingOnAnyNodeUntilItIsEnabled() {
        var made = made();
        var key = one.withKey(made.path("key").asText());
        key.submit("disabled");
        var claim = key.claimOne("w", "disabled");

        var disabled = one.post(TENANTS + "/" + id(made) + "/disable", Map.of()).expect(200);
        assertThat(disabled.json().path("disabledAt").isTextual()).isTrue();
        assertThat(one.post(TENANTS + "/" + id(made) + "/disable", null)
                        .expect(200)
                        .json())
                .isEqualTo(disabled.json());
        for (var node : List.of(one, two)) {
            node.withKey(made.path("key").asText()).get(RUNS).expect(403, "tenant_disabled");
            node.withKey(claim.runKey()).beat(claim).expect(403, "tenant_disabled");
        }
        assertThat(rows.one("select state, fence from runs where id = ?", UUID.fromString(claim.runId())))
                .isEqualTo(Map.of("state", "claimed", "fence", 1L));

        two.post(TENANTS + "/" + id(made) + "/enable", Map.of()).expect(200);
        one.withKey(claim.runKey()).beat(claim).expect(200);
        key.complete(claim).expect(200);
    }

    @Test
    void nobodyDisablesTheTenantOfTheirOwnKey() {
        var own =
                one.get("/api/v1/keys/self").expect(200).json().path("tenantId").asText();
        one.post(TENANTS + "/" + own + "/disable", Map.of()).expect(409, "own_tenant");
        one.get(RUNS).expect(200);
    }

    @Test
    void onlyASystemKeyKnowsOfTenants() {
        var made = made();
        var key = one.withKey(made.path("key").asText());
        key.get(TENANTS).expect(403, "forbidden");
        key.post(TENANTS, Map.of("name", "mine")).expect(403, "forbidden");
        key.post(TENANTS + "/" + id(made) + "/disable", Map.of()).expect(403, "forbidden");
        one.post(TENANTS + "/" + UUID.randomUUID() + "/enable", Map.of()).expect(404, "not_found");
        one.post(TENANTS, Map.of("name", "no good")).expect(400, "invalid_request");
    }

    @Test
    void allAreListedTheNewestFirst() {
        var older = made();
        var newer = made();
        var first = one.get(TENANTS + "?limit=1").expect(200).json();
        assertThat(first.at("/items/0/id")).isEqualTo(newer.path("id"));
        var second = one.get(
                        TENANTS + "?limit=1&cursor=" + first.path("nextCursor").asText())
                .expect(200)
                .json();
        assertThat(second.at("/items/0/id")).isEqualTo(older.path("id"));
    }

    private static final String RUNS = "/api/v1/runs";

    private JsonNode made() {
        return one.post(TENANTS, Map.of("name", "t-" + UUID.randomUUID()))
                .expect(201)
                .json();
    }

    private static UUID id(JsonNode made) {
        return UUID.fromString(made.path("id").asText());
    }
}
