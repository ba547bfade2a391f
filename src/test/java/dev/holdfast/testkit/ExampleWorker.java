package dev.holdfast.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The workers of {@code src/examples}, one in each language. */
public enum ExampleWorker {
    SHELL("src/examples/shell/worker.sh", "curl", "src/examples/shell/worker.sh"),
    PYTHON("src/examples/python/worker.py", "python3", "python3 src/examples/python/worker.py"),
    NODE("src/examples/node/worker.mjs", "node", "node src/examples/node/worker.mjs"),
    GO("src/examples/go/worker.go", "go", "target/conformance/go-worker"),
    JAVA(
            "src/examples/java/dev/holdfast/examples/worker/TextWorker.java",
            "java",
            "java -cp target/holdfast-cli.jar src/examples/java/dev/holdfast/examples/worker/TextWorker.java");

    private final Path source;
    private final String program;
    private final String command;

    ExampleWorker(String source, String program, String command) {
        this.source = Path.of(source);
        this.program = program;
        this.command = command;
    }

    public Path source() {
        return source;
    }

    public boolean hasItsLanguage() {
        return this == JAVA
                || Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    /** Skips the test where the language is not installed. */
    public void assumeItsLanguage() {
        assumeTrue(hasItsLanguage(), "not run: there is no " + program + " on this machine");
    }

    /** For bash, as its page says. */
    public String command() {
        if (this == GO) {
            build();
        }
        return command;
    }

    /** The same, in Java without compiling it anew at each start. */
    public String quickCommand() {
        return this == JAVA
                ? "java -XX:TieredStopAtLevel=1 -cp target/holdfast-cli.jar:target/test-classes dev.holdfast.examples.worker.TextWorker"
                : command();
    }

    private void build() {
        try {
            Files.createDirectories(Path.of(command).getParent());
            var build = new ProcessBuilder("go", "build", "-o", command, source.toString()).inheritIO();
            if (build.start().waitFor() != 0) {
                throw new AssertionError(source + " does not compile");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
