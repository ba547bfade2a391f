package dev.holdfast.platform.problem;

import static dev.holdfast.testkit.Problems.assertNoLeak;
import static dev.holdfast.testkit.Problems.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.Operation;
import dev.holdfast.testkit.Wire;
import dev.holdfast.testkit.Wire.Answer;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How Holdfast refuses: every time with a problem, never with a page, a stack or a silence. */
class MannersIT {
    private static final String RUNS = "/api/v1/runs";
    private static final String KEY = "Bearer " + Cluster.BOOTSTRAP_KEY;

    private final URI node = Cluster.node(1).uri();
    private final Api api = Api.at(node).withKey(Cluster.BOOTSTRAP_KEY);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/nope",
                "/problem",
                "/consoles",
                "/WEB-INF/web.xml",
                "/META-INF/openapi.yaml",
                "/API/v1/runs"
            })
    void whatIsNotThereIsAProblemOutsideOfTheApiToo(String path) {
        assertProblem(send(Wire.request("GET", path)), 404, "not_found");
        assertProblem(send(Wire.request("POST", path)), 404, "not_found");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api",
                "/api/",
                "/api/v1",
                "/api/v1/",
                "/api/v1/nope",
                "/api/v2/runs",
                "/api//v1/runs",
                "//api/v1/runs",
                "/api/v1//runs",
                "/./api/v1/runs",
                "/x/../api/v1/runs",
                "/api/v1/../v1/runs",
                "/api;x=y/v1/runs",
                "/%61pi/v1/runs",
                "/api/v1/RUNS",
                "/api/v1/runs/..",
                "/api/v1/runs/123",
                "/api/v1/runs/0/events/1"
            })
    void anUnknownRouteIs404ToAKeyAnd401WithoutOne(String path) {
        assertProblem(send(authorized("GET", path)), 404, "not_found");
        assertProblem(send(Wire.request("GET", path)), 401, "key_missing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/runs/%C3",
                "/api/v1/runs/a%2Fb",
                "/api/v1/runs/%2e%2e/keys",
                "/api\\v1\\runs",
                "/api/v1/runs/Ã\u0083",
                "/api/v1/runs?lane=%",
                "/api/v1/runs?lane=%zz",
                "/api/v1/runs?%=1",
                "/api/v1/runs#part"
            })
    void anAddressThatIsNoUriIs400(String target) {
        assertProblem(send(authorized("GET", target)), 400, "bad_request");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/runs/%", "/api/v1/runs/%zz", "/api/v1/runs/%00"})
    void anAddressThatTheContainerCannotReadIs400(String target) {
        // Refused by Liberty before any application is asked, so in its own words.
        assertThat(send(authorized("GET", target)).status()).isEqualTo(400);
    }

    @Test
    void aTrailingSlashAndAMatrixParameterChangeNothing() {
        assertThat(send(authorized("GET", RUNS + "/?limit=1")).status()).isEqualTo(200);
        assertThat(send(authorized("GET", RUNS + ";x=y?limit=1")).status()).isEqualTo(200);
    }

    @Test
    void everyPathAnswersAForeignMethodWith405AndAllow() {
        Map<String, Set<String>> methods = Contract.published().operations().stream()
                .collect(Collectors.groupingBy(
                        Operation::path, Collectors.mapping(Operation::method, Collectors.toSet())));
        methods.forEach((path, known) -> {
            var concrete = path.replaceAll("\\{[^}]+}", UUID.randomUUID().toString());
            for (var method : List.of("GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW")) {
                if (known.contains(method)
                        || path.matches(".*/(runs/[a-z]+|decisions)") && method.equals("GET")
                        || path.endsWith("/keys/self") && method.equals("DELETE")) {
                    continue; // GET /runs/batch is a run of that id, GET …/decisions an approval, …/self a key
                }
                var answer = send(authorized(method, concrete));
                assertProblem(answer, 405, "method_not_allowed");
                var allowed =
                        Arrays.stream(answer.header("Allow").split(" *, *")).collect(Collectors.toSet());
                assertThat(allowed).as(method + " " + path).containsAll(known).doesNotContain(method);
            }
        });
    }

    @Test
    void headIsGetWithoutBodyAndOptionsNamesTheMethods() {
        var run = api.submit("manners-head").path("id").asText();

        var head = send(authorized("HEAD", RUNS + "/" + run));
        var get = send(authorized("GET", RUNS + "/" + run));
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("ETag")).isEqualTo(get.header("ETag")).isNotNull();
        assertThat(send(authorized("HEAD", RUNS + "/" + UUID.randomUUID())).status())
                .isEqualTo(404);

        var options = send(authorized("OPTIONS", RUNS));
        assertThat(options.status()).isEqualTo(200);
        assertThat(options.header("Allow")).contains("GET", "POST");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/xml",
                "application/problem+json",
                "application/merge-patch+json",
                "multipart/form-data; boundary=x",
                "application/x-www-form-urlencoded",
                "text/json"
            })
    void aBodyOfAnotherTypeIs415OnEveryWrite(String type) {
        writes().forEach(operation -> {
            var answer =
                    send(authorized("POST", operation.pathOf(UUID.randomUUID().toString()))
                            .header("Content-Type", type)
                            .body("{}".getBytes()));
            assertProblem(answer, 415, "unsupported_media_type");
        });
        assertProblem(send(authorized("POST", RUNS).body("{}".getBytes())), 415, "unsupported_media_type");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"application/json; charset=utf-8", "APPLICATION/JSON", "application/json;charset=UTF-8; x=y"})
    void jsonUnderItsOtherNamesIsTaken(String type) {
        var body = "{\"lane\":\"manners-types\"}";
        var answer = send(authorized("POST", RUNS).header("Content-Type", type).body(body.getBytes()));
        assertThat(answer.status()).isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html",
                "text/event-stream",
                "application/xml",
                "image/*",
                "application/problem+json",
                "text/plain;q=0.5, text/html"
            })
    void anAcceptThatCannotBeServedIs406AndDoesNothing(String accept) {
        assertProblem(send(authorized("GET", RUNS).header("Accept", accept)), 406, "not_acceptable");

        var lane = "manners-" + UUID.randomUUID();
        var refused = send(authorized("POST", RUNS).header("Accept", accept).json(("{\"lane\":\"" + lane + "\"}")));
        assertProblem(refused, 406, "not_acceptable");
        assertThat(api.get(RUNS + "?lane=" + lane).json().path("items")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*/*",
                "application/*",
                "text/html, */*;q=0.1",
                "application/xml, application/json;q=0.1",
                "",
                "application/json, application/problem+json"
            })
    void anAcceptThatAdmitsJsonIsServedJson(String accept) {
        var answer = send(authorized("GET", RUNS + "?limit=1").header("Accept", accept));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    }

    @Test
    void headersThatCannotBeReadAre400() {
        assertProblem(send(authorized("GET", RUNS).header("Accept", "application/json;q=x")), 400, "invalid_request");
        assertProblem(send(authorized("GET", RUNS).header("Accept", "json")), 400, "bad_request");
        assertProblem(
                send(authorized("POST", RUNS).header("Content-Type", "json").body("{}".getBytes())),
                400,
                "bad_request");
        assertProblem(
                send(authorized("POST", RUNS)
                        .header("Idempotency-Key", "k".repeat(201))
                        .json("{\"lane\":\"x\"}")),
                400,
                "invalid_request");
        assertProblem(
                send(authorized("POST", RUNS).header("Idempotency-Key", "kÿ").json("{\"lane\":\"x\"}")),
                400,
                "invalid_request");
    }

    @ParameterizedTest
    @CsvSource({
        "abc, abc",
        "A-z.0:9_, A-z.0:9_",
        "'', ",
        "with space, ",
        "<script>, ",
        "naïve, ",
        "'a,b', ",
    })
    void theCallersCorrelationIdIsKeptIfSane(String given, String kept) {
        var answer = send(authorized("GET", RUNS + "/none").header("X-Correlation-Id", given));
        var used = assertProblem(answer, 404, "not_found").path("correlationId").asText();
        assertThat(used).matches("[A-Za-z0-9._:-]{1,128}");
        if (kept != null) {
            assertThat(used).isEqualTo(kept);
        } else {
            assertThat(used).isNotEqualTo(given);
        }
    }

    @Test
    void aCorrelationIdIsKeptUpTo128CharactersAndReachesTheTimeline() {
        var longest = "c".repeat(128);
        var run = api.with("X-Correlation-Id", longest)
                .submit("manners-correlation")
                .path("id")
                .asText();
        assertThat(events(run).get(0).path("correlationId").asText()).isEqualTo(longest);

        assertThat(send(authorized("GET", RUNS).header("X-Correlation-Id", longest + "c"))
                        .header("X-Correlation-Id"))
                .isNotEqualTo(longest + "c");
    }

    @Test
    void aTraceparentNamesTheCallUnlessItIsInvalid() {
        var trace = "0af7651916cd43dd8448eb211c80319c";
        var good = "00-" + trace + "-b7ad6b7169203331-01";
        assertThat(correlationOf(Wire.request("GET", "/nope").header("traceparent", good)))
                .isEqualTo(trace);
        assertThat(correlationOf(
                        Wire.request("GET", "/nope").header("traceparent", good).header("X-Correlation-Id", "mine")))
                .isEqualTo("mine");
        for (var bad : List.of(
                "00-" + "0".repeat(32) + "-b7ad6b7169203331-01",
                "00-" + trace + "-" + "0".repeat(16) + "-01",
                "ff-" + trace + "-b7ad6b7169203331-01",
                trace)) {
            assertThat(correlationOf(Wire.request("GET", "/nope").header("traceparent", bad)))
                    .as(bad)
                    .isNotEqualTo(trace)
                    .doesNotContain("0".repeat(32));
        }
        assertThat(correlationOf(Wire.request("GET", "/nope")))
                .isNotEqualTo(correlationOf(Wire.request("GET", "/nope")));
    }

    @ParameterizedTest
    @CsvSource({
        "'', key_missing",
        "Basic, key_missing",
        "Basic bm8tY29sb24=, login_failed",
        "Bearer, key_missing",
        "'Bearer ', key_missing",
        "Token the-bootstrap-key-of-the-integration-tests, key_missing",
        "Bearer short, key_malformed",
        "Bearer hft_0, key_malformed",
        "Bearer hft_0000000000000000000000000000000000000000000000000, key_malformed",
        "Bearer hfr_000000000000000000000000000000000000000000000000000000000000000000000000000000000, key_malformed",
        "Bearer ÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿ, key_malformed",
        "Bearer some key with spaces in it that is long enough, key_malformed",
        "Bearer nobody-was-ever-given-this-key-here, key_unknown",
    })
    void H12_whatIsNoKeyIs401OnEveryOperationWithAChallenge(String header, String code) {
        for (var operation : Contract.published().operations()) {
            var answer = send(Wire.request(
                            operation.method(),
                            operation.pathOf(UUID.randomUUID().toString()))
                    .header("Authorization", header));
            assertProblem(answer, 401, code);
            assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer ");
        }
    }

    @Test
    void H12_aKeyOfTenKilobytesIs401AndTheSchemeIsWrittenAnyhow() {
        assertProblem(
                send(Wire.request("GET", RUNS).header("Authorization", "Bearer " + "k".repeat(10_000))),
                401,
                "key_malformed");
        assertThat(send(Wire.request("GET", RUNS + "?limit=1")
                                .header("Authorization", "bearer " + Cluster.BOOTSTRAP_KEY))
                        .status())
                .isEqualTo(200);
        assertProblem(
                send(Wire.request("GET", RUNS)
                        .header("Authorization", "Bearer x")
                        .header("Authorization", KEY)),
                401,
                "key_malformed");
    }

    @Test
    void longAddressesAndHeadersAreTakenUpTo8KilobytesAndRefusedBeyond32() {
        for (int size : List.of(8_000, 40_000)) {
            var text = "a".repeat(size);
            for (var request : List.of(
                    authorized("GET", RUNS + "?lane=" + text),
                    authorized("GET", RUNS + "/" + text),
                    authorized("GET", RUNS + "?limit=1").header("X-Long", text))) {
                var answer = send(request);
                assertThat(answer.status()).isIn(size < 32_768 ? List.of(200, 404) : List.of(400, 414, 431));
                assertNoLeak(answer.body().replace(text, ""));
            }
        }
    }

    @Test
    void everyReplyForbidsSniffingAndCaching() {
        var answer = send(authorized("GET", RUNS + "?limit=1"));
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        assertThat(answer.header("Server")).isNull();
        assertThat(answer.header("X-Powered-By")).isNull();
    }

    @Test
    void theContractIsPublishedAsOpenApi31WithAPage() {
        var document = send(Wire.request("GET", "/openapi").header("Accept", "application/json"))
                .json();
        assertThat(document.path("openapi").asText()).startsWith("3.1");
        var published =
                Contract.published().operations().stream().map(Operation::path).collect(Collectors.toSet());
        assertThat(document.path("paths").properties().stream().map(Map.Entry::getKey))
                .containsAll(published);

        var page = send(Wire.request("GET", "/openapi/ui/"));
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.header("Content-Type")).startsWith("text/html");
    }

    private static List<Operation> writes() {
        return Contract.published().operations().stream()
                .filter(operation -> operation.method().equals("POST"))
                .toList();
    }

    private JsonNode events(String run) {
        return api.get(RUNS + "/" + run + "/events").expect(200).json().path("items");
    }

    private String correlationOf(Wire.Request request) {
        return assertProblem(send(request), 404, "not_found")
                .path("correlationId")
                .asText();
    }

    private static Wire.Request authorized(String method, String target) {
        return Wire.request(method, target).header("Authorization", KEY);
    }

    private Answer send(Wire.Request request) {
        return Wire.exchange(node, request);
    }
}
