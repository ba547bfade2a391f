package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a key's holders see of it, and how they come to the next one. */
class KeyUsesIT {
    private static final String KEYS = "/api/v1/keys";
    private static final String SELF = KEYS + "/self";

    private final Rows rows = Rows.ofCluster();
    private final Api one = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api two = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final String lane = "uses-" + UUID.randomUUID();

    @Test
    void aUseIsNotedAtMostOnceAMinuteWhicheverNodeItReaches() {
        var fresh = made("noted", Map.of());
        var aged = made("noted long ago", Map.of());
        List.of(fresh, aged).forEach(key -> with(one, key).get(SELF).expect(200));
        await().until(() -> lastUse(fresh) != null && lastUse(aged) != null);
        assertThat(one.get(KEYS + "?limit=500").text()).contains("\"lastUsedAt\":\"");
        var noted = lastUse(fresh);
        rows.change("update api_keys set last_used_at = last_used_at - interval 'PT1M' where id = ?", id(aged));
        var longAgo = lastUse(aged);

        // The other node does not remember that they were noted, and writes both at once.
        List.of(fresh, aged).forEach(key -> with(two, key).get(SELF).expect(200));
        await().until(() -> !lastUse(aged).equals(longAgo));

        assertThat(lastUse(fresh)).isEqualTo(noted);
    }

    @Test
    void aKeyMakesItsSuccessorAndIsRevokedWithoutAGap() {
        var old = made("worker", Map.of("scopes", List.of("runs:submit", "runs:work", "keys:manage")));
        var its = with(one, old);
        its.submit(lane);
        var claim = its.claimOne("w", lane);

        var next = its.post(KEYS, Map.of("name", "worker", "scopes", old.path("scopes")))
                .expect(201)
                .json();
        for (var node : List.of(one, two)) {
            with(node, old).get(SELF).expect(200);
            with(node, next).get(SELF).expect(200);
        }
        with(two, next).delete(KEYS + "/" + id(old)).expect(204);

        for (var node : List.of(one, two)) {
            with(node, old).get(SELF).expect(401, "key_revoked");
            with(node, next).get(SELF).expect(200);
        }
        one.withKey(claim.runKey()).beat(claim).expect(200); // what the old key has claimed goes on
        with(two, next).complete(claim).expect(200);
    }

    @Test
    void selfTellsWhatATenantsKeyIs() {
        var lasting = made("for ever", Map.of());
        var ending = made("ending", Map.of("expiresAt", "2099-01-01T00:00:00Z"));

        var self = with(two, ending).get(SELF).expect(200);
        assertThat(members(self.json())).containsExactly("id", "name", "tenantId", "scopes", "expiresAt");
        assertThat(self.json().path("id")).isEqualTo(ending.path("id"));
        assertThat(self.json().path("name").asText()).isEqualTo("ending");
        assertThat(self.json().path("scopes")).hasToString("[\"runs:read\"]");
        assertThat(self.json().path("expiresAt").asText()).isEqualTo("2099-01-01T00:00:00Z");
        assertThat(self.text()).doesNotContain(ending.path("key").asText());
        assertThat(members(with(one, lasting).get(SELF).expect(200).json()))
                .containsExactly("id", "name", "tenantId", "scopes");
    }

    @Test
    void selfTellsWhatARunKeyIs() {
        one.submit(lane);
        var claim = one.claimOne("its worker", lane);
        var self = two.withKey(claim.runKey()).get(SELF).expect(200).json();

        assertThat(members(self)).containsExactly("name", "tenantId", "scopes", "runId", "fence", "expiresAt");
        assertThat(self.path("name").asText()).isEqualTo("its worker");
        assertThat(self.path("scopes")).hasToString("[\"run\"]");
        assertThat(self.path("runId").asText()).isEqualTo(claim.runId());
        assertThat(self.path("fence").asLong()).isEqualTo(claim.fence());
        assertThat(Duration.between(
                        Instant.parse(one.run(claim.runId()).path("claimedAt").asText()),
                        Instant.parse(self.path("expiresAt").asText())))
                .isEqualTo(Duration.ofHours(2));
    }

    /** A secret that is nearly right is as wrong as any, wherever it differs. */
    @Test
    void H14_aNearlyRightSecretIsUnknown() {
        one.submit(lane);
        var claim = one.claimOne("w", lane);
        var secret = KeyFormat.secretOf(claim.runKey());
        for (int place : List.of(0, 21, secret.length() - 1)) {
            var other = secret.charAt(place) == 'a' ? 'b' : 'a';
            var guess = secret.substring(0, place) + other + secret.substring(place + 1);
            two.withKey(KeyFormat.runKey(UUID.fromString(claim.runId()), guess))
                    .get(SELF)
                    .expect(401, "key_unknown");
        }
        two.withKey(claim.runKey()).get(SELF).expect(200);
    }

    private JsonNode made(String name, Map<String, ?> members) {
        var wanted = new LinkedHashMap<String, Object>(Map.of("name", name, "scopes", List.of("runs:read")));
        wanted.putAll(members);
        return one.post(KEYS, wanted).expect(201).json();
    }

    private static Api with(Api node, JsonNode key) {
        return node.withKey(key.path("key").asText());
    }

    private static UUID id(JsonNode key) {
        return UUID.fromString(key.path("id").asText());
    }

    private Object lastUse(JsonNode key) {
        return rows.one("select last_used_at from api_keys where id = ?", id(key))
                .get("last_used_at");
    }

    private static List<String> members(JsonNode object) {
        return object.properties().stream().map(Map.Entry::getKey).toList();
    }
}
