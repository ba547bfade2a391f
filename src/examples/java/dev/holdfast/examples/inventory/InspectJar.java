package dev.holdfast.examples.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.client.PermanentFailure;
import dev.holdfast.client.RunContext;
import dev.holdfast.client.RunHandler;
import java.io.IOException;

/** A run of type {@code jar}: input {@code {path}}, result {@link JarFacts}. */
final class InspectJar implements RunHandler {
    private final JarInspector inspector;
    private final ObjectMapper json = new ObjectMapper();

    InspectJar(JarInspector inspector) {
        this.inspector = inspector;
    }

    @Override
    public JsonNode handle(RunContext run) throws IOException, PermanentFailure {
        return json.valueToTree(inspector.inspect(run.input().path("path").asText()));
    }
}
