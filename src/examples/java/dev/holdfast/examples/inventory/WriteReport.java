package dev.holdfast.examples.inventory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Run;
import dev.holdfast.client.RunContext;
import dev.holdfast.client.RunHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A run of type {@code report}: reads the results of an execution over the API, and writes them down. */
final class WriteReport implements RunHandler {
    private final HoldfastClient holdfast;
    private final Path output;
    private final ObjectMapper json = new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    WriteReport(HoldfastClient holdfast, Path output) {
        this.holdfast = holdfast;
        this.output = output;
    }

    @Override
    public JsonNode handle(RunContext run) throws IOException {
        String execution = run.input().path("execution").asText();
        Inventory inventory = inventory(execution, run.input().path("submitted").asInt());
        run.progress(Map.of("jars", inventory.jars().size()));
        Files.createDirectories(output);
        Path csv = Files.writeString(output.resolve("inventory.csv"), CsvReport.of(inventory));
        Path html = Files.writeString(output.resolve("inventory.html"), HtmlReport.of(inventory));
        return json.valueToTree(Map.of(
                "csv",
                csv.toString(),
                "html",
                html.toString(),
                "jars",
                inventory.jars().size(),
                "bytes",
                inventory.bytes()));
    }

    private Inventory inventory(String execution, int submitted) throws JsonProcessingException {
        List<JarFacts> jars = new ArrayList<>();
        Map<String, Long> workers = new TreeMap<>();
        for (Run completed : runs(execution, "completed")) {
            jars.add(json.treeToValue(completed.result(), JarFacts.class));
            workers.merge(completed.workerId(), 1L, Long::sum);
        }
        List<Run> unfinished = new ArrayList<>();
        for (String state : List.of("suspended", "queued", "claimed", "running")) {
            unfinished.addAll(runs(execution, state));
        }
        return new Inventory(execution, submitted, jars, workers, runs(execution, "failed"), unfinished);
    }

    private List<Run> runs(String execution, String state) {
        List<Run> runs = new ArrayList<>();
        holdfast.forEach(Lanes.jarsOf(execution).state(state), runs::add);
        return runs;
    }
}
