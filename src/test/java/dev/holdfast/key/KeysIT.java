package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.Problems;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Wire;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tenant keys, and whatever else is sent in their place. */
class KeysIT {
    private static final String KEYS = "/api/v1/keys";
    private static final String RUNS = "/api/v1/runs";

    private final Rows rows = Rows.ofCluster();
    private final Api one = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api two = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);

    @Test
    void H1_theRawKeyIsShownOnceAndIsNowhere() {
        var made = newKey("shown once", "runs:work", "runs:read");
        var key = made.path("key").asText();
        one.submit("raw-key");
        var claim = one.withKey(key).claimOne("worker", "raw-key");
        var revoked = newKey("revoked", "runs:read");
        one.delete(KEYS + "/" + revoked.path("id").asText()).expect(204);
        var revokedKey = revoked.path("key").asText();
        two.withKey(revokedKey).get(RUNS).expect(401, "key_revoked");
        two.withKey(key + "x").get(RUNS).expect(401, "key_malformed");
        one.withKey(claim.runKey()).beat(claim).expect(200);
        one.withKey(key).asOwner(claim, "fail", Map.of("failure", Map.of("code", "broken", "message", "m")));
        two.withKey(claim.runKey()).beat(claim).expect(401, "key_revoked");
        var secrets = List.of(key, revokedKey, claim.runKey(), claim.runKey().substring(36, 79), Cluster.BOOTSTRAP_KEY);

        var shown = one.get(KEYS + "?limit=500").text()
                + one.get(RUNS + "?lane=raw-key").text()
                + one.get(RUNS + "/" + claim.runId()).text()
                + one.get(RUNS + "/" + claim.runId() + "/events").text();
        var logged = Cluster.node(1).allLogs() + Cluster.node(2).allLogs();

        assertThat(logged).contains("Holdfast is up");
        assertThat(secrets).allSatisfy(secret -> {
            assertThat(shown).doesNotContain(secret);
            assertThat(logged).doesNotContain(secret);
            assertThat(rowsHolding(secret)).isZero();
            assertThat(rowsHolding(HexFormat.of().formatHex(secret.getBytes(StandardCharsets.US_ASCII))))
                    .isZero();
        });
        var listed = listed(made.path("id").asText());
        assertThat(listed.path("prefix").asText()).isEqualTo(key.substring(0, 10));
        assertThat(listed.has("key")).isFalse();
        assertThat(rowsHolding(HexFormat.of().formatHex(KeyFormat.hash(key))))
                .as("the hash, found by the same search")
                .isEqualTo(1);
    }

    @Test
    void H3_aKeyRevokedOnOneNodeIsRefusedOnTheOtherAtOnce() {
        var other = two.withKey(newKey("stays", "runs:read").path("key").asText());
        for (int round = 0; round < 10; round++) {
            var made = newKey("round " + round, "runs:read");
            var its = two.withKey(made.path("key").asText());
            its.get(RUNS).expect(200);

            one.delete(KEYS + "/" + made.path("id").asText()).expect(204);

            assertThat(its.get(RUNS).expect(401, "key_revoked").json().path("because"))
                    .hasToString("\"revoked\"");
            other.get(RUNS).expect(200);
        }
    }

    @Test
    void H3_aClaimThatWaitsWithARevokedKeyGetsNothing() {
        var made = newKey("revoked while waiting", "runs:work");
        var before = rows.one("select clock_timestamp() as now").get("now");
        var waiting = CompletableFuture.supplyAsync(
                () -> one.withKey(made.path("key").asText())
                        .post(
                                "/api/v1/claims",
                                Map.of("workerId", "patient", "lanes", List.of("wait-revoked"), "wait", "PT1S")),
                task -> new Thread(task).start());
        await().pollInterval(Duration.ofMillis(10)).until(() -> rows.count("""
                        select count(*) from pg_stat_activity where datname = current_database()
                          and query like 'with policy as%' and query_start > ?""", before) > 0);

        two.delete(KEYS + "/" + made.path("id").asText()).expect(204);
        var run = two.submit("wait-revoked");

        assertThat(waiting.join().expect(200).json().path("claims")).isEmpty();
        assertThat(one.run(run.path("id").asText())).isEqualTo(run);
    }

    @Test
    void H5_anExpiredKeyIsRefusedThoughNoSweepHasRun() {
        var made = one.post(
                        KEYS,
                        Map.of("name", "short", "scopes", List.of("runs:read"), "expiresAt", "2099-01-01T00:00:00Z"))
                .expect(201)
                .json();
        var its = two.withKey(made.path("key").asText());
        its.get(RUNS).expect(200);

        expiresIn(made, "1 minute");
        its.get(RUNS).expect(200);
        expiresIn(made, "0");
        its.get(RUNS).expect(401, "key_expired");

        assertThat(listed(made.path("id").asText()).has("revokedAt")).isFalse();
    }

    @Test
    void H5_aKeyIsNotMadeToHaveExpiredAlready() {
        var before = rows.count("select count(*) from api_keys");
        one.post(KEYS, Map.of("name", "late", "scopes", List.of("runs:read"), "expiresAt", "2020-01-01T00:00:00Z"))
                .expect(400, "invalid_request");
        assertThat(rows.count("select count(*) from api_keys")).isEqualTo(before);
    }

    @Test
    void H10_aKeyWithoutExpiryWorksIsListedAndCanBeRevoked() {
        var made = newKey("for ever", "runs:submit");
        var id = made.path("id").asText();
        one.withKey(made.path("key").asText()).submit("for-ever");
        assertThat(made.has("expiresAt")).isFalse();
        assertThat(listed(id).path("name").asText()).isEqualTo("for ever");
        assertThat(listed(id).has("revokedAt")).isFalse();

        one.delete(KEYS + "/" + id).expect(204);
        two.withKey(made.path("key").asText())
                .post(RUNS, Map.of("lane", "for-ever"))
                .expect(401, "key_revoked");
        var revokedAt = listed(id).path("revokedAt");
        two.delete(KEYS + "/" + id).expect(204);

        assertThat(revokedAt.isTextual()).isTrue();
        assertThat(listed(id).path("revokedAt")).as("the first time counts").isEqualTo(revokedAt);
        one.delete(KEYS + "/" + UUID.randomUUID()).expect(404, "not_found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic", "Bearer", "Bearer ", "bearer", "Token x", "", " "})
    void H12_noKeyIsRefused(String header) {
        one.with("Authorization", header).get(RUNS).expect(401, "key_missing");
        one.with("Authorization", header)
                .post(RUNS, Map.of("lane", "not-let-in"))
                .expect(401, "key_missing");
        assertThat(rows.count("select count(*) from lanes where name = 'not-let-in'"))
                .isZero();
    }

    @Test
    void H12_noHeaderAtAllIsRefused() {
        var reply = one.withoutKey().get(RUNS).expect(401, "key_missing");
        assertThat(reply.header("WWW-Authenticate")).startsWith("Bearer");
    }

    @Test
    void H12_whatIsTooLongIsRefused() {
        one.withKey("x".repeat(10_000)).get(RUNS).expect(401, "key_malformed");
        one.withKey(KeyFormat.issue(KeyFormat.TENANT) + "0".repeat(10_000))
                .get(RUNS)
                .expect(401, "key_malformed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hft_schlüssel-schlüssel-schlüssel-schlüssel-schlüssel",
                "ÿþÿþÿþÿþÿþÿþÿþÿþÿþÿþÿþÿþÿþÿþÿþÿþÿþ",
                "hfr_\u00a0\u00a0"
            })
    void H12_whatIsNotAsciiIsRefused(String key) {
        var asked = Wire.request("GET", RUNS).header("Authorization", "Bearer " + key);
        Problems.assertProblem(Wire.exchange(Cluster.node(1).uri(), asked), 401, "key_malformed");
    }

    @Test
    void H12_aBadChecksumIsRefusedWithoutAskingTheDatabase() {
        var run = UUID.randomUUID();
        var unknown = List.of(
                KeyFormat.issue(KeyFormat.TENANT),
                KeyFormat.issue(KeyFormat.SYSTEM),
                KeyFormat.runKey(run, KeyFormat.secret()));
        try (var database = HeldLock.by(rows, "lock table api_keys, leases in access exclusive mode")) {
            for (var key : unknown) {
                one.withKey(mistyped(key)).get(RUNS).expect(401, "key_malformed");
                one.withKey(key.substring(0, key.length() - 1)).get(RUNS).expect(401, "key_malformed");
            }
            // The same keys with their checksums right do ask it.
            var waiting = unknown.stream()
                    .map(key -> CompletableFuture.supplyAsync(
                            () -> one.withKey(key).get(RUNS), task -> new Thread(task).start()))
                    .toList();
            await().until(() -> database.waiting() >= unknown.size());
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
            database.close();
            assertThat(waiting).allSatisfy(reply -> reply.join().expect(401, "key_unknown"));
        }
    }

    private JsonNode newKey(String name, String... scopes) {
        return one.post(KEYS, Map.of("name", name, "scopes", List.of(scopes)))
                .expect(201)
                .json();
    }

    private JsonNode listed(String id) {
        for (var key : two.get(KEYS + "?limit=500").expect(200).json().path("items")) {
            if (key.path("id").asText().equals(id)) {
                return key;
            }
        }
        throw new AssertionError("not listed: " + id);
    }

    private void expiresIn(JsonNode key, String time) {
        rows.change(
                "update api_keys set expires_at = now() + cast(? as interval) where id = cast(? as uuid)",
                time,
                key.path("id").asText());
    }

    /** Searches every column of every table, bytes in hexadecimal. */
    private long rowsHolding(String text) {
        return rows
                .all("select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'")
                .stream()
                .mapToLong(table -> rows.count(
                        "select count(*) from " + table.get("name") + " t where strpos(t::text, ?) > 0", text))
                .sum();
    }

    private static String mistyped(String key) {
        int place = key.length() - 20;
        return key.substring(0, place) + (key.charAt(place) == 'a' ? 'b' : 'a') + key.substring(place + 1);
    }
}
