package dev.holdfast.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.testkit.OpenApi.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The published contract, held against live exchanges: status, content type, required headers and body must be documented
 * for the operation, and must hold. Where the document has no operation, the answer must be the reusable 404 (unknown path)
 * or 405 (unknown method), or one of those given before the route is looked at: 400, 401, 413, 503.
 */
public final class Contract {

    private static final Contract PUBLISHED = new Contract(OpenApi.published());
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final int SHOWN_BODY = 2000;

    private final OpenApi api;
    private final List<Operation> operations;

    Contract(OpenApi api) {
        this.api = api;
        this.operations = api.operations();
    }

    public static Contract published() {
        return PUBLISHED;
    }

    /** Every operation of the document, so that a test of all routes cannot forget one. */
    public List<Operation> operations() {
        return operations;
    }

    /** The worker's writes: every operation that takes a fence, in its body or in each item. */
    public List<Operation> fenced() {
        return operations.stream()
                .filter(operation -> operation.fenced() != Operation.Fenced.NO)
                .toList();
    }

    /** The whole document. */
    public JsonNode document() {
        return api.document();
    }

    /** The operation of this id. */
    public Operation operation(String id) {
        return operations.stream()
                .filter(operation -> operation.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the document has no operation " + id));
    }

    /** @throws AssertionError naming each difference between this exchange and the document */
    public void check(Exchange exchange) {
        var breaches = breaches(exchange);
        if (!breaches.isEmpty()) {
            throw new AssertionError("%s %s answered %d against the contract:%n  - %s%nheaders: %s%nbody: %s"
                    .formatted(
                            exchange.method(),
                            exchange.path(),
                            exchange.status(),
                            String.join(System.lineSeparator() + "  - ", breaches),
                            exchange.headers(),
                            shortened(exchange.body())));
        }
    }

    /** The same with its references followed and its schemas ready. */
    public OpenApi api() {
        return api;
    }

    List<String> breaches(Exchange exchange) {
        var response = documentedResponse(exchange);
        if (!response.exists()) {
            return List.of("status %d is not documented for %s".formatted(exchange.status(), nameOf(exchange)));
        }
        var breaches = new ArrayList<String>();
        checkHeaders(exchange, response, breaches);
        if (!exchange.method().equals("HEAD")) {
            checkBody(exchange, response, breaches);
        }
        return breaches;
    }

    private Place documentedResponse(Exchange exchange) {
        var operation = operationOf(exchange);
        if (operation.isPresent()) {
            return api.step(api.operation(operation.get()), "responses", Integer.toString(exchange.status()));
        }
        var reusable =
                switch (exchange.status()) {
                    case 400 -> "InvalidRequest";
                    case 401 -> "Unauthorized";
                    case 413 -> "PayloadTooLarge";
                    case 503 -> "DatabaseUnavailable";
                    case 404 -> isPathKnown(exchange.path()) ? "none" : "NotFound";
                    case 405 -> isPathKnown(exchange.path()) ? "MethodNotAllowed" : "none";
                    default -> "none";
                };
        return api.step(api.root(), "components", "responses", reusable);
    }

    private Optional<Operation> operationOf(Exchange exchange) {
        var method = exchange.method().equals("HEAD") ? "GET" : exchange.method();
        return serving(exchange.path())
                .filter(operation -> operation.method().equals(method))
                .findFirst();
    }

    /** Of two templates that match a path, only the one without variables serves it. */
    private Stream<Operation> serving(String path) {
        var matching = operations.stream()
                .filter(operation -> operation.servesPath(path))
                .sorted(Comparator.comparing(Operation::isLiteral).reversed())
                .toList();
        return matching.stream()
                .filter(operation -> operation.path().equals(matching.get(0).path()));
    }

    private boolean isPathKnown(String path) {
        return serving(path).findAny().isPresent();
    }

    private String nameOf(Exchange exchange) {
        return operationOf(exchange).map(Operation::toString).orElse("a route that is not in the document");
    }

    private void checkHeaders(Exchange exchange, Place response, List<String> breaches) {
        response.node().path("headers").fieldNames().forEachRemaining(name -> {
            var header = api.step(response, "headers", name);
            var value = exchange.header(name);
            if (value != null) {
                api.validate(api.step(header, "schema"), TextNode.valueOf(value))
                        .forEach(fault -> breaches.add("header %s is '%s': %s".formatted(name, value, fault)));
            } else if (header.node().path("required").asBoolean()) {
                breaches.add("header %s is missing".formatted(name));
            }
        });
    }

    private void checkBody(Exchange exchange, Place response, List<String> breaches) {
        var content = api.step(response, "content");
        if (!content.exists()) {
            if (!exchange.body().isEmpty()) {
                breaches.add("a body where none is documented");
            }
            return;
        }
        var mediaType = mediaTypeOf(exchange);
        var documented = api.step(content, mediaType);
        if (!documented.exists()) {
            var known = new ArrayList<String>();
            content.node().fieldNames().forEachRemaining(known::add);
            breaches.add("content type '%s' is not documented, only %s".formatted(mediaType, known));
            return;
        }
        if (exchange.body().isBlank()) {
            breaches.add("body is missing");
            return;
        }
        try {
            var value = mediaType.endsWith("json") ? JSON.readTree(exchange.body()) : TextNode.valueOf(exchange.body());
            api.validate(api.step(documented, "schema"), value).stream()
                    .map("body "::concat)
                    .forEach(breaches::add);
        } catch (JsonProcessingException e) {
            breaches.add("body is no JSON: " + e.getOriginalMessage());
        }
    }

    private static String mediaTypeOf(Exchange exchange) {
        var header = exchange.header("Content-Type");
        return header == null ? "none" : header.split(";")[0].strip().toLowerCase();
    }

    private static String shortened(String body) {
        return body.length() <= SHOWN_BODY ? body : body.substring(0, SHOWN_BODY) + "…";
    }
}
