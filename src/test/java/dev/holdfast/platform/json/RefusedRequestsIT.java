package dev.holdfast.platform.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertAll;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Bodies;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.Operation;
import dev.holdfast.testkit.Operation.Fenced;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that break the document are refused by name and change nothing; all of them are made from the document. */
class RefusedRequestsIT {
    private static final String NOBODYS = UuidCreator.getTimeOrderedEpoch().toString();

    private final Api api = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.ofCluster();

    static Stream<Operation> operationsWithBody() {
        return Contract.published().operations().stream().filter(Bodies::isTaken);
    }

    static Stream<Operation> operationsOnOne() {
        return Contract.published().operations().stream()
                .filter(operation -> operation.path().contains("{id}"));
    }

    static Stream<Operation> fencedBatches() {
        return Contract.published().fenced().stream().filter(operation -> operation.fenced() == Fenced.ITEMS);
    }

    @ParameterizedTest
    @MethodSource("operationsWithBody")
    void B6_whatTheSchemaForbidsIsRefusedByName(Operation operation) {
        var claim = aClaim();
        var before = rows.everythingOf(claim.runId());
        var runs = rows.count("select count(*) from runs");
        var keys = rows.count("select count(*) from api_keys");

        var faults = new LinkedHashMap<String, Bodies.Fault>(); // the same in two examples is the same
        bodies(operation, claim)
                .forEach(good -> Bodies.faults(operation, good).forEach(fault -> faults.put(fault.toString(), fault)));
        assertThat(faults).hasSizeGreaterThan(5);
        assertAll(faults.values().stream()
                .map(fault -> named(fault, () -> isRefused(send(operation, claim.runId(), fault.body()), fault))));

        assertThat(rows.everythingOf(claim.runId())).isEqualTo(before);
        assertThat(rows.count("select count(*) from runs")).isEqualTo(runs);
        assertThat(rows.count("select count(*) from api_keys")).isEqualTo(keys);
    }

    @ParameterizedTest
    @MethodSource("operationsWithBody")
    void B6_whatIsNoJsonIsRefused(Operation operation) {
        var claim = aClaim();
        var before = rows.everythingOf(claim.runId());
        var good = bodies(operation, claim).get(0).toString();

        for (var text : List.of(good.substring(0, good.length() - 1), good + good, "plain words")) {
            send(operation, claim.runId(), text).expect(400, "malformed_json");
        }

        assertThat(rows.everythingOf(claim.runId())).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{'lane': 'b6'}",
                "{\"lane\": \"b6\"}}",
                "{\"lane\": \"b6\", \"lane\": \"b6\"}",
                "{\"lane\": \"b6\", \"input\": 01}",
                "{\"lane\": \"b6\", \"input\": NaN}",
                "{\"lane\": \"b6\", \"input\": \"\\uD800\"}",
                "\u0000"
            })
    void B6_whatIsAlmostJsonIsRefused(String text) {
        api.post("/api/v1/runs", text).expect(400, "malformed_json");
    }

    @ParameterizedTest
    @MethodSource("operationsWithBody")
    void B6_anEmptyBodyIsRefusedWhereOneIsRequired(Operation operation) {
        var claim = aClaim();
        if (Bodies.isRequired(operation)) {
            send(operation, claim.runId(), "").expect(400, "invalid_request");
            assertThat(send(operation, claim.runId(), null).status()).isIn(400, 415);
        } else {
            for (var absent : Arrays.asList("", null)) { // what it asks for may have been done by the first
                assertThat(send(operation, claim.runId(), absent).status()).isIn(200, 409);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("operationsOnOne")
    void B6_anUnknownIdIsNotFound(Operation operation) {
        var body = Bodies.isTaken(operation) ? Bodies.of(operation).get(0) : null;
        for (var id : List.of(NOBODYS, "nobody", NOBODYS.replace("-", ""), "1")) {
            send(operation, id, body).expect(404, "not_found");
        }
    }

    @ParameterizedTest
    @MethodSource("fencedBatches")
    void B6_anItemOfAnUnknownRunIsNotFound(Operation operation) {
        for (var body : Bodies.of(operation, new Claimed(NOBODYS, 1, null, null))) {
            var problem = send(operation, NOBODYS, body).expect(200).json().at("/items/0/problem");

            assertThat(problem.path("code").asText()).isEqualTo("not_found");
        }
    }

    /** Bounds that the document gives in words. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            submitRun  | delay        | -PT1S
            submitRun  | delay        | P1Y
            submitRun  | queueTimeout | PT0S
            submitRun  | runTimeout   | PT0S
            submitRun  | parentRunId  | 01978c2e-5b7a-7c3e-9a41-3f6d2b8e1c55
            claimRuns  | wait         | PT31S
            claimRuns  | wait         | -PT1S
            failRun    | retryAfter   | -PT1S
            failRun    | retryAfter   | P31D
            sleepRun   | until        | 2020-01-01T00:00:00Z
            sleepRun   | until        | 2999-01-01T00:00:00Z
            createKey  | expiresAt    | 2020-01-01T00:00:00Z
            """)
    void B6_whatIsOutOfRangeIsRefusedByName(String id, String field, String value) {
        var operation = Contract.published().operation(id);
        var claim = aClaim();
        var before = rows.everythingOf(claim.runId());
        var body = bodies(operation, claim).get(0);
        body.set(field, TextNode.valueOf(value));

        var reply = send(operation, claim.runId(), body).expect(400, "invalid_request");

        assertThat(fieldsOf(reply.json())).contains(field);
        assertThat(rows.everythingOf(claim.runId())).isEqualTo(before);
    }

    private Claimed aClaim() {
        api.submit("b6");
        return api.claimOne("worker-1", "b6");
    }

    /** Good bodies: without a fault in them they would move the claimed run, or make something new. */
    private static List<ObjectNode> bodies(Operation operation, Claimed claim) {
        return operation.fenced() == Fenced.NO ? Bodies.of(operation) : Bodies.of(operation, claim);
    }

    private Reply send(Operation operation, String id, Object body) {
        return api.send(operation.method(), operation.pathOf(id), body);
    }

    private static void isRefused(Reply reply, Bodies.Fault fault) {
        reply.expect(fault.ofItem() ? 200 : 400);
        var problem = fault.ofItem() ? reply.json().at("/items/0/problem") : reply.json();
        assertThat(problem.path("code").asText()).isEqualTo("invalid_request");
        assertThat(fieldsOf(problem)).contains(fault.field());
    }

    private static List<String> fieldsOf(JsonNode problem) {
        return problem.path("violations").findValuesAsText("field");
    }

    private static Executable named(Bodies.Fault fault, Executable check) {
        return () -> {
            try {
                check.execute();
            } catch (AssertionError e) {
                throw new AssertionError(fault + ": " + e.getMessage() + "\n" + fault.body(), e);
            }
        };
    }
}
