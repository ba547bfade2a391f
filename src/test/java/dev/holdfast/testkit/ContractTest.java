package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import dev.holdfast.testkit.OpenApi.Place;
import dev.holdfast.testkit.Operation.Fenced;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ContractTest {

    private static final OpenApi API = OpenApi.published();

    static List<Operation> operations() {
        return Contract.published().operations();
    }

    @Nested
    class TheDocument {

        /** Extended by others, which close themselves. */
        private static final Set<String> BASES = Set.of(
                "RunFields",
                "EventFields",
                "SweepFields",
                "KeyFields",
                "ApprovalFields",
                "WebhookFields",
                "WebhookState",
                "Problem");

        private static final Set<String> OPEN = Set.of("Metadata", "Labels");

        @Test
        void isOpenApi31WithJsonSchema202012() {
            assertThat(API.document().path("openapi").asText()).isEqualTo("3.1.0");
            assertThat(API.document().path("jsonSchemaDialect").asText())
                    .isEqualTo("https://json-schema.org/draft/2020-12/schema");
        }

        @Test
        void leadsEveryReferenceToSomething() {
            var dangling = new TreeSet<String>();
            eachNode(place -> {
                var ref = place.node().path("$ref").asText("");
                if (ref.startsWith("#") && API.document().at(ref.substring(1)).isMissingNode()) {
                    dangling.add(place.at() + " -> " + ref);
                }
            });
            assertThat(dangling).isEmpty();
        }

        @Test
        void usesEveryComponent() {
            var named = new TreeSet<String>();
            eachNode(place -> named.add(place.node().path("$ref").asText("")));
            var unused = new TreeSet<String>();
            for (var kind : List.of("schemas", "parameters", "headers", "examples", "responses")) {
                API.document().at("/components/" + kind).fieldNames().forEachRemaining(name -> {
                    if (!named.contains("#/components/" + kind + "/" + name)) {
                        unused.add(kind + "/" + name);
                    }
                });
            }
            assertThat(unused).containsExactly("responses/MethodNotAllowed");
        }

        @Test
        void hasNoEmptyMember() {
            eachNode(place ->
                    assertThat(place.node().isNull()).as(place.at().toString()).isFalse());
        }

        @Test
        void hasSchemasThatAreSchemas() {
            var meta = SchemaRegistry.withDefaultDialect(Dialects.getDraft202012())
                    .getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));
            API.document().at("/components/schemas").properties().forEach(schema -> assertThat(
                            meta.validate(schema.getValue()))
                    .as(schema.getKey())
                    .isEmpty());
        }

        @Test
        void closesEveryObjectButThePayloads() {
            var open = new TreeSet<String>();
            eachNode(place -> {
                var node = place.node();
                var closed = node.path("additionalProperties").isBoolean() || node.has("unevaluatedProperties");
                var isObject = node.path("type").asText().equals("object")
                        || node.at("/allOf/0").has("$ref");
                if (isObject && !closed) {
                    open.add(lastOf(place.at()));
                }
            });
            assertThat(open).hasSameElementsAs(union(BASES, OPEN));
        }

        @Test
        void givesExamplesThatHold() {
            var checked = new ArrayList<JsonPointer>();
            eachNode(place -> {
                if (place.node().has("schema") && place.node().has("examples")) {
                    place.node().path("examples").fieldNames().forEachRemaining(name -> {
                        var example = API.step(place, "examples", name, "value");
                        assertThat(API.validate(API.step(place, "schema"), example.node()))
                                .as(place.at() + "/examples/" + name)
                                .isEmpty();
                        checked.add(example.at());
                    });
                }
            });
            assertThat(checked).hasSizeGreaterThan(20);
        }

        @Test
        void namesEachOperationOnce() {
            assertThat(operations()).hasSize(62).extracting(Operation::id).doesNotHaveDuplicates();
        }

        @Test
        void marksTheRoutesOfAnOwner() {
            assertThat(Contract.published().fenced())
                    .extracting(Operation::path)
                    .containsExactlyInAnyOrder(
                            "/api/v1/runs/{id}/events",
                            "/api/v1/runs/{id}/heartbeat",
                            "/api/v1/runs/{id}/complete",
                            "/api/v1/runs/{id}/fail",
                            "/api/v1/runs/{id}/release",
                            "/api/v1/runs/{id}/sleep",
                            "/api/v1/runs/{id}/approvals",
                            "/api/v1/approvals/{id}/redeem",
                            "/api/v1/heartbeats",
                            "/api/v1/completions");
        }

        private void eachNode(Consumer<Place> visitor) {
            visit(API.root(), visitor);
        }

        private void visit(Place place, Consumer<Place> visitor) {
            visitor.accept(place);
            place.node()
                    .properties()
                    .forEach(member ->
                            visit(new Place(place.at().appendProperty(member.getKey()), member.getValue()), visitor));
            if (place.node().isArray()) {
                for (int i = 0; i < place.node().size(); i++) {
                    visit(new Place(place.at().appendIndex(i), place.node().get(i)), visitor);
                }
            }
        }

        private static String lastOf(JsonPointer at) {
            return at.last().getMatchingProperty();
        }

        private static Set<String> union(Set<String> some, Set<String> others) {
            var all = new TreeSet<>(some);
            all.addAll(others);
            return all;
        }
    }

    @Nested
    class EveryOperation {

        private static final Set<String> SCOPES = Set.of(
                "runs:submit",
                "runs:read",
                "runs:operate",
                "runs:work",
                "approvals:decide",
                "keys:manage",
                "system",
                "run");

        static List<Operation> operations() {
            return ContractTest.operations();
        }

        @ParameterizedTest
        @MethodSource("operations")
        void isDescribed(Operation operation) {
            var node = API.operation(operation).node();
            assertThat(operation.id()).matches("[a-z][A-Za-z]+");
            assertThat(node.path("summary").asText()).isNotBlank();
            assertThat(node.path("description").asText()).isNotBlank();
            assertThat(textsOf(API.document().path("tags"), "name"))
                    .containsAll(textsOf(node.path("tags"), null))
                    .isNotEmpty();
        }

        @ParameterizedTest
        @MethodSource("operations")
        void takesAKeyOfAKnownScope(Operation operation) {
            var security = API.operation(operation).node().path("security");
            assertThat(security.isMissingNode() ? API.document().path("security") : security)
                    .isNotEmpty();
            assertThat(operation.scopes()).isNotEmpty().isSubsetOf(SCOPES);
        }

        @ParameterizedTest
        @MethodSource("operations")
        void documentsWhatCanGoWrong(Operation operation) {
            var node = API.operation(operation).node();
            var expected = new TreeSet<>(Set.of("400", "401", "403", "406", "500", "503"));
            if (!operation.isLiteral()) {
                expected.add("404");
            }
            if (node.has("requestBody")) {
                expected.addAll(Set.of("413", "415"));
            }
            if (operation.fenced() == Fenced.WHOLE) {
                expected.add("409");
            }
            assertThat(node.path("responses").fieldNames()).toIterable().containsAll(expected);
            assertThat(node.path("responses").fieldNames()).toIterable().anyMatch(status -> status.startsWith("2"));
        }

        @ParameterizedTest
        @MethodSource("operations")
        void repliesWithTheCorrelationIdWhateverItSays(Operation operation) {
            API.operation(operation).node().path("responses").fieldNames().forEachRemaining(status -> assertThat(
                            API.step(
                                            API.operation(operation),
                                            "responses",
                                            status,
                                            "headers",
                                            "X-Correlation-Id",
                                            "required")
                                    .node()
                                    .asBoolean())
                    .as(operation + " " + status)
                    .isTrue());
        }

        @ParameterizedTest
        @MethodSource("operations")
        void demandsTheFenceIfItIsAnOwners(Operation operation) {
            var body = API.step(API.operation(operation), "requestBody", "content", "application/json", "schema");
            var demands = textsOf(body.node().path("required"), null).contains("fence");
            assertThat(demands).isEqualTo(operation.fenced() == Fenced.WHOLE);
        }

        private static List<String> textsOf(JsonNode array, String member) {
            return StreamSupport.stream(array.spliterator(), false)
                    .map(node -> member == null ? node : node.path(member))
                    .map(JsonNode::asText)
                    .toList();
        }
    }

    @Nested
    class TheChecker {

        private static final String RUN = "/api/v1/runs/01978c2e-5b7a-7c3e-9a41-3f6d2b8e1c55";
        private static final String NOT_FOUND = """
                {"type": "urn:holdfast:problem:not_found", "title": "Not found", "status": 404, "detail": "No such run.",
                 "instance": "/api/v1/runs/1", "code": "not_found", "correlationId": "c-1"}""";

        @Test
        void acceptsWhatIsDocumented() {
            assertThat(breaches(aCancellation("""
                    {"cancelled": true, "state": "cancelled", "version": 4}"""))).isEmpty();
            assertThat(breaches(aProblem("GET", RUN, 404, NOT_FOUND))).isEmpty();
        }

        @Test
        void catchesAnUndocumentedStatus() {
            var exchange = new Exchange("GET", RUN, 418, headers("application/json"), "{}");
            assertThat(breaches(exchange)).containsExactly("status 418 is not documented for GET /api/v1/runs/{id}");
        }

        @Test
        void catchesAMissingField() {
            assertThat(breaches(aCancellation("""
                    {"cancelled": true, "version": 4}"""))).singleElement().asString().contains("required", "state");
        }

        @Test
        void catchesAnExtraField() {
            assertThat(breaches(aCancellation("""
                    {"cancelled": true, "state": "cancelled", "version": 4, "secret": 1}"""))).singleElement().asString().contains("secret");
        }

        @Test
        void catchesAnExtraFieldOfAProblemAndOfARun() {
            var problem = NOT_FOUND.replace("\"code\"", "\"sql\": \"select\", \"code\"");
            assertThat(breaches(aProblem("GET", RUN, 404, problem)))
                    .anySatisfy(breach -> assertThat(breach).contains("sql"));
            assertThat(breaches(aRun("\"tenant\": 1")))
                    .anySatisfy(breach -> assertThat(breach).contains("tenant"));
        }

        @Test
        void catchesAWrongType() {
            assertThat(breaches(aCancellation("""
                    {"cancelled": "yes", "state": "cancelled", "version": 4}"""))).singleElement().asString().contains("/cancelled", "boolean");
        }

        @Test
        void catchesATimeThatIsNotInUtc() {
            assertThat(breaches(aRun("\"claimedAt\": \"2025-06-20T11:00:00+02:00\"")))
                    .anySatisfy(breach -> assertThat(breach).contains("claimedAt"));
        }

        @Test
        void catchesAnEndedRunThatIsQueued() {
            assertThat(breaches(aRun("\"endedAt\": \"2025-06-20T11:00:00Z\""))).isNotEmpty();
            assertThat(breaches(aRun("\"type\": \"crm\""))).isEmpty();
        }

        @Test
        void looksIntoTheItemsOfABatch() {
            var goOn = """
                    {"index": 0, "runId": "01978c2e-5b7a-7c3e-9a41-3f6d2b8e1c55", "continue": true,
                     "leaseExpiresAt": "2025-06-20T09:02:31Z", "runKeyExpiresAt": "2025-06-20T11:00:31Z"}""";
            var problem = """
                    {"index": 1, "runId": "nonsense", "problem": %s}""".formatted(NOT_FOUND);
            assertThat(breaches(aBatchOfBeats(goOn, problem))).isEmpty();
            assertThat(breaches(aBatchOfBeats(goOn.replace("true", "false")))).isNotEmpty();
            assertThat(breaches(aBatchOfBeats(problem.replace("\"detail\"", "\"trace\""))))
                    .isNotEmpty();
        }

        @Test
        void catchesAMissingHeader() {
            var exchange =
                    new Exchange("POST", RUN + "/cancel", 200, without("ETag", headers("application/json")), """
                    {"cancelled": true, "state": "cancelled", "version": 4}""");
            assertThat(breaches(exchange)).containsExactly("header ETag is missing");
        }

        @Test
        void catchesAWeakETag() {
            var headers = headers("application/json");
            headers.put("etag", List.of("W/\"4\""));
            headers.remove("ETag");
            var exchange = new Exchange("POST", RUN + "/cancel", 200, headers, """
                    {"cancelled": true, "state": "cancelled", "version": 4}""");
            assertThat(breaches(exchange)).singleElement().asString().startsWith("header ETag is 'W/\"4\"'");
        }

        @Test
        void catchesAProblemOfAnotherMediaTypeOrCode() {
            assertThat(breaches(new Exchange("GET", RUN, 404, headers("text/html"), NOT_FOUND)))
                    .containsExactly("content type 'text/html' is not documented, only [application/problem+json]");
            assertThat(breaches(aProblem("GET", RUN, 404, NOT_FOUND.replace("\"not_found\"", "\"forbidden\""))))
                    .isNotEmpty();
        }

        @Test
        void catchesABodyThatIsMissingOrBrokenOrTooMuch() {
            assertThat(breaches(aCancellation(""))).containsExactly("body is missing");
            assertThat(breaches(aCancellation("{"))).singleElement().asString().startsWith("body is no JSON");
            assertThat(breaches(new Exchange("DELETE", "/api/v1/keys/1", 204, headers("application/json"), "{}")))
                    .containsExactly("a body where none is documented");
        }

        @Test
        void prefersThePathWithoutVariables() {
            var exchange = new Exchange("GET", "/api/v1/runs/batch", 200, headers("application/json"), "{}");
            assertThat(breaches(exchange))
                    .containsExactly("status 200 is not documented for a route that is not in the document");
        }

        @Test
        void knowsTheAnswersToUnknownRoutes() {
            assertThat(breaches(aProblem("GET", "/api/v1/nothing", 404, NOT_FOUND)))
                    .isEmpty();
            assertThat(breaches(aProblem("PUT", "/api/v1/runs", 404, NOT_FOUND)))
                    .isNotEmpty();
            var notAllowed =
                    NOT_FOUND.replace("not_found", "method_not_allowed").replace("404", "405");
            assertThat(breaches(aProblem("PUT", "/api/v1/runs", 405, notAllowed)))
                    .containsExactly("header Allow is missing");
        }

        @Test
        void saysAllThatIsWrongAndShowsTheReply() {
            var exchange = new Exchange(
                    "POST",
                    RUN + "/cancel",
                    200,
                    Map.of("Content-Type", List.of("application/json")),
                    "{\"cancelled\": 1}");
            assertThatThrownBy(() -> Contract.published().check(exchange))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContainingAll(
                            "POST " + RUN + "/cancel answered 200 against the contract",
                            "header ETag is missing",
                            "header X-Correlation-Id is missing",
                            "/cancelled",
                            "state",
                            "body: {\"cancelled\": 1}");
        }

        private static List<String> breaches(Exchange exchange) {
            return Contract.published().breaches(exchange);
        }

        private static Exchange aCancellation(String body) {
            return new Exchange("POST", RUN + "/cancel", 200, headers("application/json; charset=UTF-8"), body);
        }

        private static Exchange aBatchOfBeats(String... items) {
            var body = "{\"items\": [%s]}".formatted(String.join(",", items));
            return new Exchange("POST", "/api/v1/heartbeats", 200, headers("application/json"), body);
        }

        private static Exchange aProblem(String method, String path, int status, String body) {
            return new Exchange(method, path, status, headers("application/problem+json"), body);
        }

        /** A queued run with one member more. */
        private static Exchange aRun(String member) {
            var run = API.step(API.root(), "components", "examples", "QueuedRun", "value")
                    .node()
                    .toString();
            var body = run.replaceFirst("\\{", "{" + member + ",");
            return new Exchange("GET", RUN, 200, headers("application/json"), body);
        }

        private static Map<String, List<String>> headers(String contentType) {
            var headers = new LinkedHashMap<String, List<String>>();
            headers.put("Content-Type", List.of(contentType));
            headers.put("X-Correlation-Id", List.of("c-1"));
            headers.put("ETag", List.of("\"4\""));
            return headers;
        }

        private static Map<String, List<String>> without(String name, Map<String, List<String>> headers) {
            headers.remove(name);
            return headers;
        }
    }
}
