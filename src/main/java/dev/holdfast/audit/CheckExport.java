package dev.holdfast.audit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.platform.json.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Checks what {@code GET /seals} and {@code GET /events} replied, saved in files; needs no server and no database. Ends
 * with 0 if all is as it was sealed, with 1 if not, with 2 if that cannot be told.
 */
public final class CheckExport {
    private static final String USAGE = """
            usage: CheckExport SEALS EVENTS [HASH...]
              SEALS, EVENTS  files with replies of GET /api/v1/seals and GET /api/v1/events of one tenant, one after the other
              HASH           of seals, kept elsewhere: the chain must hold each of them""";

    private final PrintStream out;

    CheckExport(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) {
        System.exit(new CheckExport(System.out).run(arguments));
    }

    int run(String... arguments) {
        if (arguments.length < 2) {
            out.println(USAGE);
            return 2;
        }
        try {
            return check(
                    Path.of(arguments[0]),
                    Path.of(arguments[1]),
                    List.of(arguments).subList(2, arguments.length));
        } catch (IOException | RuntimeException e) {
            out.println("cannot be checked: " + e);
            return 2;
        }
    }

    private int check(Path sealsFile, Path eventsFile, List<String> kept) throws IOException {
        var seals = seals(sealsFile);
        var check = new Check(seals);
        eachItem(eventsFile, check::read);
        var faults = check.faults();
        faults.forEach(fault -> out.println(fault.what()));
        var lost = kept.stream()
                .filter(hash -> seals.stream().noneMatch(seal -> seal.hash().equals(hash)))
                .toList();
        lost.forEach(hash -> out.println("no seal has the hash " + hash + ": the chain was cut off or replaced"));
        boolean holds = faults.isEmpty() && lost.isEmpty();
        out.println(holds ? summary(check) : "Not as it was sealed: see the first line.");
        return holds ? 0 : 1;
    }

    private static List<Seal> seals(Path file) throws IOException {
        var seals = new ArrayList<Seal>();
        eachItem(file, item -> seals.add(Json.stored(item, Seal.class)));
        if (seals.stream().map(Seal::tenantId).distinct().count() != 1) {
            throw new IOException(file + " must hold the seals of one tenant, and at least one");
        }
        return seals;
    }

    /** Of pages, or of items alone. */
    private static void eachItem(Path file, Consumer<JsonNode> reader) throws IOException {
        try (var in = Files.newInputStream(file)) {
            Json.each(in, document -> {
                if (document.has("items")) {
                    document.get("items").forEach(reader);
                } else {
                    reader.accept(document);
                }
            });
        } catch (UncheckedIOException | IllegalArgumentException e) {
            throw new IOException(file + " is not what was asked for", e);
        }
    }

    private static String summary(Check check) {
        return """
                All is as it was sealed: tenant %s, seals %d to %d, %d events.
                Of runs that retention has removed since: %d. Not sealed yet: %d.
                Keep elsewhere: seal %d of minute %s has the hash %s""".formatted(
                        check.tenant(),
                        check.first().number(),
                        check.last().number(),
                        check.sealedEvents(),
                        check.removedEvents(),
                        check.unsealedEvents(),
                        check.last().number(),
                        check.last().minute(),
                        check.last().hash());
    }
}
