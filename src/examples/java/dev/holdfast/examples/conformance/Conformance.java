package dev.holdfast.examples.conformance;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts a worker through all trials, or some, and grades it. */
public final class Conformance {
    /** Keeps the example workers busy for so many seconds. */
    static final String INPUT = "{\"text\": \"Ada\", \"seconds\": %s}";

    static final Duration PATIENCE = Duration.ofSeconds(30);

    private final String command;
    private final Path output;
    private String input = INPUT;
    private Duration patience = PATIENCE;
    private List<Trial> trials = Trials.ALL;
    private PrintStream out = System.out;
    private Stage.Witness witness = (method, path, reply) -> {};

    /**
     * @param command for bash
     * @param output what the worker prints
     */
    Conformance(String command, Path output) {
        this.command = command;
        this.output = output;
    }

    /** System properties {@code worker} (its command), {@code worker.input}, {@code trials}, {@code conformance.output}. */
    public static void main(String[] args) throws IOException, InterruptedException {
        String command = System.getProperty("worker", "");
        if (command.isBlank()) {
            System.err.println("Which worker? -Dworker=\"python3 src/examples/python/worker.py\"");
            System.exit(2);
        }
        Path output = Path.of(System.getProperty("conformance.output", "target/conformance/worker.log"));
        Report report = new Conformance(command, output)
                .withInput(System.getProperty("worker.input", INPUT))
                .with(List.of(System.getProperty("trials", "").split("[, ]+")), PATIENCE)
                .grade();
        System.out.println("What the worker printed: " + output);
        System.exit(report.grade() == 'A' ? 0 : 1);
    }

    Conformance withInput(String other) {
        input = other;
        return this;
    }

    /** Only the trials of these names, unless there is none of them. */
    Conformance with(List<String> names, Duration most) {
        trials = Trials.ALL.stream()
                .filter(trial -> names.contains(trial.name()))
                .toList();
        trials = trials.isEmpty() ? Trials.ALL : trials;
        patience = most;
        return this;
    }

    Conformance seenBy(Stage.Witness other, PrintStream reader) {
        witness = other;
        out = reader;
        return this;
    }

    Report grade() throws IOException, InterruptedException {
        Files.createDirectories(output.toAbsolutePath().getParent());
        Files.deleteIfExists(output);
        try (Stage stage = new Stage(witness);
                Candidate candidate = new Candidate(command, environment(stage), output)) {
            Trials stages = new Trials(stage, candidate, input, patience);
            Map<Trial, List<StagedRun>> played = new LinkedHashMap<>();
            Map<Trial, Optional<String>> outcomes = new LinkedHashMap<>();
            for (Trial trial : trials) {
                int before = stage.holdfast().runs().size();
                outcomes.put(trial, stages.play(trial));
                List<StagedRun> runs = stage.holdfast().runs();
                played.put(trial, runs.subList(before, runs.size()));
            }
            // Only now, when the worker has had all its chances, is it known what it never said.
            Report report = new Report(outcomes, played);
            out.println("Worker: " + command);
            report.print(out);
            return report;
        }
    }

    private static Map<String, String> environment(Stage stage) {
        return Map.of(
                "HOLDFAST_URL", stage.address(),
                "HOLDFAST_KEY", stage.holdfast().workerKey(),
                "HOLDFAST_LANE", "conformance");
    }
}
