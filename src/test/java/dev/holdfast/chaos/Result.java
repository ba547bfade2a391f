package dev.holdfast.chaos;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.chaos.Finding.Defect;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.logging.Logger;

/**
 * The figures of one fault, as they are published.
 *
 * @param form {@code short} in each build, {@code full} with {@code -Pchaos}
 * @param tried runs submitted
 * @param other defects of other kinds
 * @param seconds from the end of the faults until all runs had ended
 */
record Result(
        String fault,
        String form,
        long tried,
        long lost,
        long doubled,
        long acceptedStale,
        long other,
        double seconds) {
    private static final Logger LOG = Logger.getLogger(Result.class.getName());
    private static final Path DIRECTORY = Path.of(System.getProperty("holdfast.chaos.results", "target/chaos"));
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static Result of(String fault, long tried, List<Finding> findings, Duration took) {
        long lost = number(findings, Defect.LOST);
        long doubled = number(findings, Defect.DOUBLED);
        long stale = number(findings, Defect.STALE_ACCEPTED);
        return new Result(
                fault,
                Scale.name(),
                tried,
                lost,
                doubled,
                stale,
                findings.size() - lost - doubled - stale,
                took.toMillis() / 1000.0);
    }

    /** Takes the place of an earlier one of the same fault. */
    void writeDown() {
        LOG.info(toString());
        try {
            Files.createDirectories(DIRECTORY);
            var file = DIRECTORY.resolve("results.json");
            var results = new ArrayList<Result>();
            if (Files.exists(file)) {
                results.addAll(JSON.readValue(file.toFile(), new TypeReference<List<Result>>() {}));
            }
            results.removeIf(result -> result.fault.equals(fault));
            results.add(this);
            JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), results);
            Files.writeString(DIRECTORY.resolve("table.md"), table(results));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String table(List<Result> results) {
        var table = new StringBuilder("""
                | fault | tried | lost | doubled | accepted stale | other defects | all ended after |
                |---|---|---|---|---|---|---|
                """);
        for (var result : results) {
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %d | %d | %d | %d | %d | %.1f s |%n",
                    result.fault,
                    result.tried,
                    result.lost,
                    result.doubled,
                    result.acceptedStale,
                    result.other,
                    result.seconds));
        }
        return table.toString();
    }

    private static long number(List<Finding> findings, Defect defect) {
        return findings.stream().filter(finding -> finding.defect() == defect).count();
    }
}
