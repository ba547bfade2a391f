package dev.holdfast.platform.json;

import static dev.holdfast.testkit.Problems.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Operation;
import dev.holdfast.testkit.Wire;
import dev.holdfast.testkit.Wire.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a body may be: one JSON object in UTF-8, within its limits. Everything else is refused in plain words. */
class BodiesIT {
    private static final int MIB = 1 << 20;
    private static final String RUNS = "/api/v1/runs";

    private final HoldfastServer node = Cluster.node(1);
    private final Api api = Api.at(node.uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final String lane = "bodies-" + UUID.randomUUID();

    static Stream<Arguments> malformed() {
        return Stream.of(
                arguments("cut within", "{\"lane\":", "incomplete document"),
                arguments("cut at the end", "{\"lane\":\"LANE\"", "incomplete document"),
                arguments("cut in a text", "{\"lane\":\"LA", "incomplete document"),
                arguments("garbage behind", "{\"lane\":\"LANE\"} x", "unexpected content"),
                arguments("two documents", "{\"lane\":\"LANE\"}{\"lane\":\"LANE\"}", "unexpected content"),
                arguments("comma behind", "{\"lane\":\"LANE\"},", "unexpected content"),
                arguments("last comma", "{\"lane\":\"LANE\",}", "unexpected content"),
                arguments("a name twice", "{\"lane\":\"LANE\",\"lane\":\"LANE\"}", "named twice"),
                arguments(
                        "a name twice, written otherwise",
                        "{\"lane\":\"LANE\",\"l\\u0061ne\":\"LANE\"}",
                        "named twice"),
                arguments("a name twice, deep", input("[{\"a\":{\"b\":1,\"b\":2}}]"), "named twice"),
                arguments("NaN", input("NaN"), "unexpected content"),
                arguments("Infinity", input("-Infinity"), "unexpected content"),
                arguments("hexadecimal", input("0x10"), "unexpected content"),
                arguments("leading zero", input("01"), "unexpected content"),
                arguments("plus", input("+1"), "unexpected content"),
                arguments("bare point", input("1."), "unexpected content"),
                arguments("comment", "{/* */\"lane\":\"LANE\"}", "unexpected content"),
                arguments("single quotes", "{'lane':'LANE'}", "unexpected content"),
                arguments("bare name", "{lane:\"LANE\"}", "unexpected content"),
                arguments("control character", input("\"\u0001\""), "unexpected content"),
                arguments("line break in a text", input("\"\n\""), "unexpected content"),
                arguments("NUL in front", "\u0000{\"lane\":\"LANE\"}", "unexpected content"),
                arguments("half a pair", input("\"\\ud800\""), "surrogate pair"),
                arguments("the other half", input("{\"a\":[\"\\udc00x\"]}"), "surrogate pair"),
                arguments("half a pair as a name", input("{\"\\ud83d\":1}"), ""),
                arguments("a pair turned round", input("\"\\ude00\\ud83d\""), "surrogate pair"),
                arguments("deep arrays", input("[".repeat(100_000) + "]".repeat(100_000)), "nested deeper than 100"),
                arguments(
                        "deep objects",
                        input("{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000)),
                        "nested deeper than 100"),
                arguments("deep and never closed", "[".repeat(100_000), "nested deeper than 100"),
                arguments("one level too deep", input("[".repeat(100) + "]".repeat(100)), "nested deeper than 100"),
                arguments("long integer", input("9".repeat(401)), "400 digits"),
                arguments("very long integer", input("9".repeat(500_000)), "400 digits"),
                arguments("long written out", input("1e400"), "400 digits"),
                arguments("small written out", input("1e-401"), "400 digits"),
                arguments("zero written out", input("0e4000"), "400 digits"),
                arguments("exponent beyond all", input("1e99999999999"), "400 digits"),
                arguments("exponent of a member of ours", "{\"lane\":\"LANE\",\"priority\":1e999999999}", "400 digits"),
                arguments("many values", input("[" + "0,".repeat(200_000) + "0]"), "200000 names and values"),
                // Each would be 131,073 digits in jsonb: a body of half a megabyte, eight gigabytes of answer
                arguments(
                        "a bomb of metadata",
                        "{\"lane\":\"LANE\",\"metadata\":{\"a\":[1e131071" + ",1e131071".repeat(60_000) + "]}}",
                        "400 digits"),
                arguments(
                        "long name", "{\"lane\":\"LANE\",\"" + "a".repeat(60_000) + "\":1}", "name that is too long"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void whatIsNoJsonIs400AndSaysWhere(String what, String body, String says) {
        var problem =
                assertProblem(post(body.replace("LANE", lane).getBytes(StandardCharsets.UTF_8)), 400, "malformed_json");
        assertThat(problem.path("detail").asText()).contains(says);
        assertNothingSubmitted();
    }

    static Stream<Arguments> notUtf8() {
        return Stream.of(
                arguments("bytes of no character", "ff fe"),
                arguments("a character cut short", "c3"),
                arguments("a continuation alone", "80"),
                arguments("a slash in two bytes", "c0 af"),
                arguments("NUL in two bytes", "c0 80"),
                arguments("half a pair in three bytes", "ed a0 80"),
                arguments("beyond the last character", "f4 90 80 80"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notUtf8")
    void whatIsNotUtf8Is400(String what, String bytes) throws IOException {
        var body = new ByteArrayOutputStream();
        body.write(("{\"lane\":\"" + lane + "\",\"input\":\"").getBytes(StandardCharsets.UTF_8));
        Arrays.stream(bytes.split(" ")).forEach(hex -> body.write(Integer.parseInt(hex, 16)));
        body.write("\"}".getBytes(StandardCharsets.UTF_8));

        var problem = assertProblem(post(body.toByteArray()), 400, "malformed_json");
        assertThat(problem.path("detail").asText()).contains("UTF-8");
        assertNothingSubmitted();
    }

    @Test
    void otherEncodingsOfUnicodeAre400AndAByteOrderMarkIsPassedOver() {
        var text = "{\"lane\":\"" + lane + "\"}";
        for (var charset : List.of("UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32")) {
            assertProblem(post(text.getBytes(java.nio.charset.Charset.forName(charset))), 400, "malformed_json");
        }
        assertNothingSubmitted();

        assertThat(post(("\uFEFF" + text).getBytes(StandardCharsets.UTF_8)).status())
                .isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  \r\n", "null", "[]", "\"text\"", "3", "true"})
    void B6_everyWriteNeedsAnObject(String body) {
        for (var operation : writes()) {
            var answer = post(operation.pathOf(UUID.randomUUID().toString()), body.getBytes(StandardCharsets.UTF_8));
            if (body.isEmpty() && operation.path().endsWith("/sweeps")) {
                assertThat(answer.status()).isEqualTo(200);
            } else if (body.isEmpty()
                    && Set.of(
                                    "cancelRun",
                                    "pauseRun",
                                    "resumeRun",
                                    "pauseLane",
                                    "unpauseLane",
                                    "disableTenant",
                                    "enableTenant",
                                    "runSchedule",
                                    "enableWebhook",
                                    "disableWebhook",
                                    "rotateWebhookSecret")
                            .contains(operation.id())) {
                assertProblem(answer, 404, "not_found"); // those whose body may be left out
            } else {
                var problem = assertProblem(answer, 400, "invalid_request");
                assertThat(problem.path("violations").path(0).path("message").asText())
                        .isEqualTo("must be a JSON object");
            }
        }
    }

    @Test
    void B6_unknownMembersAreNamedAllOfThemAndByTheirPlace() {
        for (var operation : writes()) {
            var answer = post(
                    operation.pathOf(UUID.randomUUID().toString()),
                    "{\"colour\":1,\"\":2}".getBytes(StandardCharsets.UTF_8));
            var problem = assertProblem(answer, 400, "invalid_request");
            assertThat(problem.path("violations").findValuesAsText("field"))
                    .as(operation.toString())
                    .contains("colour", "(no name)");
        }
        var deep = "{\"fence\":1,\"failure\":{\"code\":\"x\",\"message\":\"y\",\"colour\":{}}}";
        var problem = assertProblem(
                post(RUNS + "/" + UUID.randomUUID() + "/fail", deep.getBytes(StandardCharsets.UTF_8)),
                400,
                "invalid_request");
        assertThat(problem.path("violations").findValuesAsText("field")).containsExactly("failure.colour");
    }

    @ParameterizedTest
    @ValueSource(strings = {"type", "subject", "conversationId", "endUser", "concurrencyKey"})
    void NulInTextIs400NamingTheMember(String member) {
        var problem = assertProblem(
                post(("{\"lane\":\"" + lane + "\",\"" + member + "\":\"a\\u0000b\"}").getBytes(StandardCharsets.UTF_8)),
                400,
                "invalid_request");
        assertThat(problem.path("violations").findValuesAsText("field")).containsExactly(member);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"labels\":{\"a\":\"\\u0000\"}",
                "\"metadata\":{\"a\":[\"\\u0000\"]}",
                "\"metadata\":{\"\\u0000\":1}",
                "\"labels\":{\"\\u0000\":\"x\"}"
            })
    void NulInLabelsAndMetadataIs400(String member) {
        assertProblem(
                post(("{\"lane\":\"" + lane + "\"," + member + "}").getBytes(StandardCharsets.UTF_8)),
                400,
                "invalid_request");
        assertNothingSubmitted();
    }

    @Test
    void aBodyOfTheLimitIsTakenAndOneByteMoreIs413HoweverItIsSent() {
        var before = node.faultRecords();
        var largest = ("{\"lane\":\"" + lane + "\",\"input\":\"").getBytes(StandardCharsets.UTF_8);
        var whole = Arrays.copyOf(largest, MIB);
        Arrays.fill(whole, largest.length, MIB - 2, (byte) 'a');
        whole[MIB - 2] = '"';
        whole[MIB - 1] = '}';
        var oneMore = Arrays.copyOf(whole, MIB + 1);
        oneMore[MIB] = ' ';

        assertThat(post(whole).status()).isEqualTo(201);
        assertThat(Wire.exchange(node.uri(), request(RUNS).chunked(whole, 70_000))
                        .status())
                .isEqualTo(201);

        for (var operation : writes()) {
            var path = operation.pathOf(UUID.randomUUID().toString());
            var announced = assertProblem(post(path, oneMore), 413, "payload_too_large");
            assertThat(announced.path("limit").asInt()).isEqualTo(MIB);
            assertProblem(Wire.exchange(node.uri(), request(path).chunked(oneMore, 70_000)), 413, "payload_too_large");
        }
        assertThat(api.get(RUNS + "?lane=" + lane).json().path("items")).hasSize(2);
        assertThat(node.faultRecords()).isEqualTo(before);
    }

    @Test
    void aConnectionStaysSaneAfterABodyThatWasRefused() {
        var oneMore = new byte[MIB + 1];
        Arrays.fill(oneMore, (byte) ' ');
        for (var refused : List.of(request(RUNS).json(oneMore), request(RUNS).chunked(oneMore, 1 << 16))) {
            try (var wire = Wire.to(node.uri())) {
                var answer = wire.send(refused);
                assertProblem(answer, 413, "payload_too_large");
                // Either it says that it is over, or it goes on with the next request, never with what was left of this
                // one.
                if ("close".equalsIgnoreCase(answer.header("Connection"))) {
                    assertThat(wire.isClosedByServer()).isTrue();
                } else {
                    var next = Wire.request("GET", RUNS + "?limit=1");
                    assertThat(wire.send(next.header("Authorization", "Bearer " + Cluster.BOOTSTRAP_KEY))
                                    .status())
                            .isEqualTo(200);
                }
            }
        }
    }

    @Test
    void aBodyThatDoesNotArriveWholeIs400() throws IOException {
        var broken = request(RUNS)
                .header("Content-Type", "application/json")
                .header("Transfer-Encoding", "chunked")
                .endHeaders()
                .raw("zz\r\n{}\r\n0\r\n\r\n");
        assertProblem(Wire.exchange(node.uri(), broken), 400, "malformed_json");
        assertProblem(
                Wire.exchange(
                        node.uri(),
                        request(RUNS).header("Content-Encoding", "gzip").json("{}")),
                400,
                "malformed_json");
        assertProblem(
                Wire.exchange(
                        node.uri(),
                        request(RUNS).header("Content-Encoding", "gzip").json(gzip(50 * MIB))),
                413,
                "payload_too_large");
    }

    private static byte[] gzip(int size) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write("\"".getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < size / 1024; i++) {
                out.write(new byte[1024]);
            }
        }
        return bytes.toByteArray();
    }

    private static String input(String json) {
        return "{\"lane\":\"LANE\",\"input\":" + json + "}";
    }

    private static List<Operation> writes() {
        return Contract.published().operations().stream()
                .filter(operation -> operation.method().equals("POST"))
                .toList();
    }

    private void assertNothingSubmitted() {
        assertThat(api.get(RUNS + "?lane=" + lane).json().path("items")).isEmpty();
    }

    private static Wire.Request request(String path) {
        return Wire.request("POST", path).header("Authorization", "Bearer " + Cluster.BOOTSTRAP_KEY);
    }

    private Answer post(byte[] body) {
        return post(RUNS, body);
    }

    private Answer post(String path, byte[] body) {
        return Wire.exchange(node.uri(), request(path).json(body));
    }
}
