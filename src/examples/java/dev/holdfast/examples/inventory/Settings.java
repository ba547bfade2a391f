package dev.holdfast.examples.inventory;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Map;

/**
 * Where Holdfast is and what to take stock of.
 *
 * @param repository the local Maven repository, absolute
 * @param limit the most JARs
 * @param output the directory for the report and the workers' logs
 * @param patience the longest that the living workers may take for all of it
 * @param waitForLost the longest that the reaper and the living may take to bring back and end what the killed worker held
 * @param approves whether the demonstration decides itself about the report, for want of a person
 */
record Settings(
        URI holdfast,
        String key,
        Path repository,
        int limit,
        Path output,
        Duration patience,
        Duration waitForLost,
        boolean approves) {
    /** Where mvn -Prun, in this directory, leaves it. */
    private static final String KEY_FILE = ".holdfast/bootstrap.key";

    static Settings read() throws CannotRun {
        Map<String, String> environment = System.getenv();
        return new Settings(
                URI.create(environment.getOrDefault("HOLDFAST_URL", "http://localhost:9080")),
                keyFrom(environment),
                repositoryNamed(),
                limitNamed(),
                Path.of("target", "inventory").toAbsolutePath(),
                duration("demo.patience", "PT10M"),
                duration("demo.waitForLost", "PT5M"),
                Boolean.getBoolean("demo.approve"));
    }

    private static String keyFrom(Map<String, String> environment) throws CannotRun {
        String key = environment.get("HOLDFAST_KEY");
        if (key != null && !key.isBlank()) {
            return key.strip();
        }
        Path file = Path.of(environment.getOrDefault("HOLDFAST_KEY_FILE", KEY_FILE));
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new CannotRun("""
                    There is no key to speak to Holdfast with: HOLDFAST_KEY is not set, and %s cannot be read.
                    Start Holdfast first with mvn -Prun, in another terminal: at its first start it writes that file.
                    For a Holdfast elsewhere, set
                      HOLDFAST_KEY        to a key with the scopes runs:submit, runs:read, runs:work, runs:operate
                                          and approvals:decide, or
                      HOLDFAST_KEY_FILE   to a file that holds one: the server's log says where its first key lies.""".formatted(file));
        }
    }

    private static Path repositoryNamed() throws CannotRun {
        String home =
                Path.of(System.getProperty("user.home"), ".m2", "repository").toString();
        Path repository = Path.of(System.getProperty("demo.repository", home))
                .toAbsolutePath()
                .normalize();
        if (!Files.isDirectory(repository)) {
            throw new CannotRun("There is no local Maven repository at " + repository
                    + ". Say where it is with -Dmaven.repo.local=DIRECTORY.");
        }
        return repository;
    }

    private static int limitNamed() throws CannotRun {
        String limit = System.getProperty("demo.limit", "400");
        if (!limit.matches("[1-9]\\d{0,5}")) {
            throw new CannotRun("demo.limit is a number of JARs, at least 1, not " + limit + ".");
        }
        return Integer.parseInt(limit);
    }

    private static Duration duration(String name, String otherwise) throws CannotRun {
        try {
            return Duration.parse(System.getProperty(name, otherwise));
        } catch (DateTimeParseException e) {
            throw new CannotRun(name + " is a duration such as PT2M, not " + System.getProperty(name) + ".");
        }
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "Settings[" + holdfast + ", " + repository + ", " + limit + "]";
    }
}
