package dev.holdfast.testkit;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** The OpenAPI document: its nodes by place, references followed, and its schemas ready to validate. */
public final class OpenApi {

    private static final String RESOURCE = "/META-INF/openapi.yaml";
    private static final String IRI = "urn:holdfast:openapi";
    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch", "head", "options");

    /** A place in the document; {@code node} is missing if there is nothing. */
    public record Place(JsonPointer at, JsonNode node) {
        public boolean exists() {
            return !node.isMissingNode();
        }
    }

    private final JsonNode document;
    private final SchemaRegistry registry;
    private final Map<JsonPointer, Schema> schemas = new ConcurrentHashMap<>();

    OpenApi(JsonNode document) {
        this.document = document;
        var config =
                SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build();
        this.registry = SchemaRegistry.withDefaultDialect(
                Dialects.getDraft202012(),
                builder -> builder.schemas(Map.of(IRI, document.toString())).schemaRegistryConfig(config));
    }

    static OpenApi published() {
        var yaml = YAMLMapper.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();
        try (var in = OpenApi.class.getResourceAsStream(RESOURCE)) {
            return new OpenApi(yaml.readTree(in));
        } catch (IOException e) {
            throw new UncheckedIOException(RESOURCE + " is no YAML", e);
        }
    }

    JsonNode document() {
        return document;
    }

    List<Operation> operations() {
        var operations = new ArrayList<Operation>();
        document.path("paths").properties().forEach(path -> path.getValue().properties().stream()
                .filter(member -> METHODS.contains(member.getKey()))
                .forEach(member ->
                        operations.add(Operation.of(member.getKey().toUpperCase(), path.getKey(), member.getValue()))));
        return List.copyOf(operations);
    }

    public Place operation(Operation operation) {
        return step(root(), "paths", operation.path(), operation.method().toLowerCase());
    }

    Place root() {
        return new Place(JsonPointer.empty(), document);
    }

    /** Goes down member by member, and through every {@code $ref} that it meets. */
    public Place step(Place from, String... members) {
        var place = from;
        for (var member : members) {
            place = follow(
                    new Place(place.at().appendProperty(member), place.node().path(member)));
        }
        return place;
    }

    /** The elements of an array, every {@code $ref} followed. */
    public List<Place> elements(Place array) {
        return IntStream.range(0, array.node().size())
                .mapToObj(i ->
                        follow(new Place(array.at().appendIndex(i), array.node().get(i))))
                .toList();
    }

    private Place follow(Place place) {
        var ref = place.node().path("$ref");
        if (ref.isMissingNode()) {
            return place;
        }
        var target = JsonPointer.compile(ref.asText().substring(1));
        return follow(new Place(target, document.at(target)));
    }

    /** What the schema at this place finds wrong with {@code value}, one line each. */
    public List<String> validate(Place schema, JsonNode value) {
        return schemas.computeIfAbsent(schema.at(), this::compile).validate(value).stream()
                .map(error -> "at " + error.getInstanceLocation() + ": " + error.getMessage())
                .distinct()
                .toList();
    }

    /** Cut out of the document, so that its references must name the document that they lead into. */
    private Schema compile(JsonPointer at) {
        var cutOut = document.at(at).toString().replace("\"$ref\":\"#/", "\"$ref\":\"" + IRI + "#/");
        return registry.getSchema(cutOut);
    }
}
