package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Payloads belong to their senders: input, result, checkpoint and the like come back as they were given. */
class PayloadsIT {
    private final Api api = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api other = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final String lane = "payloads-" + UUID.randomUUID();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"b\":1,\"a\":2,\"c\":{\"z\":1,\"y\":[3,2,1]}}",
                "[1,1.0,1.00,10,100]",
                "[0.1,0.30000000000000004,3.141592653589793238462643383279502884197]",
                "[9007199254740993,-9223372036854775809,18446744073709551616,123456789012345678901234567890123456789]",
                "[1E+3,1E-7,1.10E+20,0E-10]",
                "[true,false,null,\"\",{},[]]",
                "{\"\":1,\" \":2,\"a.b\":3,\"$ref\":\"#\",\"__proto__\":{},\"@type\":\"x\"}",
                "\"\\u0000 and \\u0001\"",
                "{\"\\u0000\":\"name\"}",
                "[\"é\",\"e\u0301\",\"\u00df\u1e9e\",\"日本\",\"😀\",\"\u202e\",\"\uFFFF\",\"\u007f\u0080\u2028\"]",
                "\"\\\" \\\\ / \\n \\r \\t \\b \\f\"",
                "\"'; drop table runs; -- $1 ? :x {}\"",
                "\"\"",
                "0",
                "false"
            })
    void whatWasGivenComesBackToTheDigitAndInItsOrder(String payload) {
        var run = api.post("/api/v1/runs", "{\"lane\":\"%s\",\"input\":%s}".formatted(lane, payload))
                .expect(201);
        assertHolds(run, "input", payload);
        var id = run.json().path("id").asText();

        var claim = other.claim("worker", lane, 1).expect(200);
        assertHolds(claim, "input", payload);
        var fence = claim.json().path("claims").path(0).path("fence").asLong();
        var path = "/api/v1/runs/" + id;

        api.post(
                        path + "/heartbeat",
                        "{\"fence\":%d,\"progress\":%s,\"checkpoint\":%s}".formatted(fence, payload, payload))
                .expect(200);
        assertHolds(other.get(path), "progress", payload);
        assertHolds(other.get(path), "checkpoint", payload);
        api.post(
                        path + "/events",
                        "{\"fence\":%d,\"events\":[{\"type\":\"said\",\"data\":%s}]}".formatted(fence, payload))
                .expect(201);
        assertHolds(other.get(path + "/events?after=0000000003"), "data", payload);

        api.post(path + "/release", "{\"fence\":%d}".formatted(fence)).expect(200);
        var again = api.claim("worker", lane, 1).expect(200);
        assertHolds(again, "checkpoint", payload);
        fence = again.json().path("claims").path(0).path("fence").asLong();

        api.post(path + "/complete", "{\"fence\":%d,\"result\":%s}".formatted(fence, payload))
                .expect(200);
        assertHolds(other.get(path), "result", payload);
        assertHolds(other.get("/api/v1/runs?lane=" + lane), "result", payload);
        var replayed = other.post(path + "/complete", "{\"fence\":%d,\"result\":%s}".formatted(fence, payload))
                .expect(200);
        assertThat(replayed.json().path("replayed").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"b\":1.0,\"a\":[12345678901234567890123]}", "{\"\\u0000\":\"\\u0000\"}", "\"\""})
    void theDetailsOfAFailureComeBackToo(String details) {
        var id = api.submit(lane).path("id").asText();
        var claim = api.claimOne("worker", lane);
        var failed = api.post(
                        "/api/v1/runs/" + id + "/fail",
                        "{\"fence\":%d,\"failure\":{\"code\":\"broken\",\"message\":\"so\",\"details\":%s},\"retryable\":false}"
                                .formatted(claim.fence(), details))
                .expect(200);
        assertHolds(failed, "details", details);
        assertHolds(other.get("/api/v1/runs/" + id), "details", details);
        // Built by the database, with its spaces
        assertThat(other.get("/api/v1/runs/" + id + "/events").text()).contains("\"details\" : " + details);
    }

    @Test
    void theTextOfAFailureMayBeLongAndInAnyScriptButWithoutNul() {
        var message = "日本 😀 \u202e '\"\\ \n".repeat(100);
        var id = api.submit(lane).path("id").asText();
        var claim = api.claimOne("worker", lane);
        api.asOwner(claim, "fail", java.util.Map.of("failure", java.util.Map.of("code", "x", "message", "a\0b")))
                .expect(400, "invalid_request");
        api.asOwner(
                        claim,
                        "fail",
                        java.util.Map.of(
                                "failure", java.util.Map.of("code", "x", "message", message), "retryable", false))
                .expect(200);
        assertThat(other.run(id).path("failure").path("message").asText()).isEqualTo(message);
    }

    @Test
    void labelsAndMetadataKeepEveryCharacter() {
        var value = "é 😀 \" \\ ' % _";
        var run = api.submit(
                lane,
                java.util.Map.of(
                        "labels",
                        java.util.Map.of("a/b.c-d_e", value),
                        "metadata",
                        java.util.Map.of(value, List.of(value, 1.5))));
        var read = other.run(run.path("id").asText());
        assertThat(read.path("labels").path("a/b.c-d_e").asText()).isEqualTo(value);
        assertThat(read.path("metadata").path(value).path(0).asText()).isEqualTo(value);
    }

    @Test
    void anIdempotencyKeyComparesBodiesByMeaningNotByBytes() {
        var keyed = api.with("Idempotency-Key", "key " + UUID.randomUUID());
        var first = keyed.post("/api/v1/runs", "{\"lane\":\"%s\",\"input\":{\"a\":1,\"b\":2}}".formatted(lane))
                .expect(201);
        var again = keyed.post("/api/v1/runs", "{ \"input\" : {\"b\":2, \"a\":1}, \"lane\":\"%s\"}".formatted(lane))
                .expect(200);
        assertThat(again.json().path("id")).isEqualTo(first.json().path("id"));
        keyed.post("/api/v1/runs", "{\"lane\":\"%s\",\"input\":{\"a\":1,\"b\":3}}".formatted(lane))
                .expect(422, "idempotency_key_reused");
        assertThat(Rows.ofCluster().count("select count(*) from runs where lane = ?", lane))
                .isEqualTo(1);
    }

    /** To the byte: a tree would compare 1.0 with 1.00, and objects without their order. */
    private static void assertHolds(Reply reply, String member, String payload) {
        reply.expect(reply.status() == 201 ? 201 : 200);
        assertThat(reply.text()).contains("\"" + member + "\":" + payload);
    }
}
