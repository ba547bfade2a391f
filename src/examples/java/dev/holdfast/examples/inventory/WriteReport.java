package dev.holdfast.examples.inventory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.client.Approval;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.PermanentFailure;
import dev.holdfast.client.Problem;
import dev.holdfast.client.Question;
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

/**
 * A run of type {@code report}: asks people whether it may write these files, reads the results of an execution
 * over the API, and writes them down.
 */
final class WriteReport implements RunHandler {
    private final HoldfastClient holdfast;
    private final Path output;
    private final ObjectMapper json = new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    WriteReport(HoldfastClient holdfast, Path output) {
        this.holdfast = holdfast;
        this.output = output;
    }

    @Override
    public JsonNode handle(RunContext run) throws IOException, PermanentFailure {
        String execution = run.input().path("execution").asText();
        Map<String, String> files = Map.of(
                "csv", output.resolve("inventory.csv").toString(),
                "html", output.resolve("inventory.html").toString());
        Approval approval =
                run.ask(Question.of("report", "write_files", "Write the inventory into " + files.get("html"))
                        .args(files)
                        .onDeny("fail"));
        if (!approval.isGranted()) {
            throw new PermanentFailure("not_approved", "Nobody allowed the report to be written");
        }
        // Redeemed before: by an owner who was lost since, and to write the same files again does no harm.
        if (approval.redeemedAt() == null) {
            showThatNothingElseIsApproved(run, approval, files);
            run.redeem(approval, files);
        }
        Inventory inventory = inventory(execution, run.input().path("submitted").asInt());
        run.progress(Map.of("jars", inventory.jars().size()));
        Files.createDirectories(output);
        Files.writeString(Path.of(files.get("csv")), CsvReport.of(inventory));
        Files.writeString(Path.of(files.get("html")), HtmlReport.of(inventory));
        return json.valueToTree(Map.of(
                "csv",
                files.get("csv"),
                "html",
                files.get("html"),
                "jars",
                inventory.jars().size(),
                "bytes",
                inventory.bytes()));
    }

    /** The approval is for exactly these files: with another name it opens nothing, and the timeline says so. */
    private void showThatNothingElseIsApproved(RunContext run, Approval approval, Map<String, String> files)
            throws PermanentFailure {
        Map<String, String> others = new TreeMap<>(files);
        others.put("html", output.resolve("another-name.html").toString());
        try {
            run.redeem(approval, others);
            throw new PermanentFailure("not_what_was_approved", "Holdfast let another file be written");
        } catch (Problem refusal) {
            if (!refusal.is("approval_mismatch")) {
                throw refusal;
            }
            run.event(Lanes.REFUSED, Map.of("html", others.get("html"), "code", refusal.code()));
        }
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
