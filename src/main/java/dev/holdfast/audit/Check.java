package dev.holdfast.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Holds the events of one tenant against its seals, whatever the order in which they were read. */
final class Check {
    private final List<Seal> seals;
    private final Map<Id, Row> rows = new HashMap<>();
    private final Set<UUID> removedRuns = new HashSet<>();
    private final List<Fault> faults = new ArrayList<>();
    private int removedEvents;

    private record Id(UUID timeline, int number) {}

    private record Row(long transaction, byte[] digest) {}

    /** @param seal the number of the one by which it shows */
    record Fault(long seal, String what) {}

    /** @param seals of one tenant, at least one */
    Check(List<Seal> seals) {
        this.seals = seals.stream().sorted(Comparator.comparing(Seal::number)).toList();
    }

    /** @param event as {@code GET /events} shows it */
    void read(JsonNode event) {
        var leaf = Leaf.of(tenant(), event);
        rows.put(id(leaf), new Row(event.get("transaction").longValue(), leaf.digest()));
        if (leaf.timeline().equals(tenant()) && event.get("type").textValue().equals("runs_removed")) {
            event.at("/data/runs").forEach(run -> removedRuns.add(UUID.fromString(run.textValue())));
        }
    }

    /** What is not as it was sealed, the first of it first. To be asked once, after all is read. */
    List<Fault> faults() {
        Seal before = null;
        for (var seal : seals) {
            if (before != null && !seal.follows(before)) {
                broken(before, seal);
            }
            if (seal.isSound()) {
                seal.all().forEach(leaf -> compare(seal, leaf));
            } else {
                fault(seal, "the seal itself was altered");
                rows.values().removeIf(row -> isWithin(row, seal)); // whatever they are: nothing vouches for them
            }
            before = seal;
        }
        rows.forEach(this::added);
        faults.sort(Comparator.comparing(Fault::seal));
        return faults;
    }

    UUID tenant() {
        return seals.get(0).tenantId();
    }

    Seal first() {
        return seals.get(0);
    }

    Seal last() {
        return seals.get(seals.size() - 1);
    }

    int sealedEvents() {
        return seals.stream().mapToInt(Seal::count).sum();
    }

    /** Sealed events of runs that retention has removed since. */
    int removedEvents() {
        return removedEvents;
    }

    long unsealedEvents() {
        return rows.values().stream()
                .filter(row -> row.transaction > last().lastTransaction())
                .count();
    }

    private void broken(Seal before, Seal seal) {
        fault(
                seal,
                seal.number() > before.number() + 1
                        ? "the seals before it, from %d on, are missing".formatted(before.number() + 1)
                        : "it does not follow seal %d: one of them was replaced".formatted(before.number()));
    }

    private void compare(Seal seal, Leaf leaf) {
        var row = rows.remove(id(leaf));
        if (row == null && removedRuns.contains(leaf.timeline())) {
            removedEvents++;
        } else if (row == null) {
            fault(seal, named(id(leaf)) + " is missing");
        } else if (!Arrays.equals(row.digest, leaf.digest())) {
            fault(seal, named(id(leaf)) + " was altered");
        }
    }

    /** What no seal knows, and is of a time that is sealed. What came before the first seal at hand is not judged. */
    private void added(Id id, Row row) {
        if (first().number() == 1 || row.transaction >= first().firstTransaction()) {
            seals.stream()
                    .filter(seal -> row.transaction <= seal.lastTransaction())
                    .findFirst()
                    .ifPresent(seal -> fault(seal, named(id) + " was added"));
        }
    }

    private void fault(Seal seal, String what) {
        faults.add(new Fault(
                seal.number(),
                "tenant %s, minute %s, seal %d: %s".formatted(seal.tenantId(), seal.minute(), seal.number(), what)));
    }

    private String named(Id id) {
        var timeline = id.timeline.equals(tenant()) ? "the tenant's own" : "run " + id.timeline + ",";
        return "%s event %010d".formatted(timeline, id.number);
    }

    private static boolean isWithin(Row row, Seal seal) {
        return row.transaction >= seal.firstTransaction() && row.transaction <= seal.lastTransaction();
    }

    private static Id id(Leaf leaf) {
        return new Id(leaf.timeline(), leaf.number());
    }
}
