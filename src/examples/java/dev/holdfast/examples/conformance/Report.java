package dev.holdfast.examples.conformance;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What came of the trials: of each, why it was missed, if it was. */
final class Report {
    private final Map<Trial, Optional<String>> outcomes = new LinkedHashMap<>();

    Report(Map<Trial, Optional<String>> outcomes, Map<Trial, List<StagedRun>> runs) {
        outcomes.forEach((trial, missed) -> this.outcomes.put(trial, missed.or(() -> runs.get(trial).stream()
                .flatMap(run -> run.disobedience().stream())
                .findFirst())));
    }

    Set<String> missed() {
        return outcomes.entrySet().stream()
                .filter(outcome -> outcome.getValue().isPresent())
                .map(outcome -> outcome.getKey().name())
                .collect(Collectors.toSet());
    }

    char grade() {
        boolean vital = outcomes.entrySet().stream()
                .anyMatch(outcome ->
                        outcome.getKey().vital() && outcome.getValue().isPresent());
        return missed().isEmpty() ? 'A' : vital ? 'F' : 'B';
    }

    void print(PrintStream out) {
        outcomes.forEach((trial, missed) -> {
            String result = missed.isEmpty() ? "passed" : trial.vital() ? "FAILED" : "missed";
            out.printf("  %-6s  %-19s  %s%n", result, trial.name(), trial.promise());
            missed.ifPresent(why -> out.printf("          %-19s  %s%n", "", "but " + why));
        });
        int passed = outcomes.size() - missed().size();
        out.printf("Grade %s: %d of %d trials passed%n", grade(), passed, outcomes.size());
    }
}
