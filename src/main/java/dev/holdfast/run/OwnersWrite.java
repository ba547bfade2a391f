package dev.holdfast.run;

import dev.holdfast.platform.database.Convoy;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;

/** A write of owners: what comes as many goes as it came, what comes alone together with others that come alone. */
final class OwnersWrite<I extends Fenced, T> implements BiFunction<UUID, List<I>, Map<UUID, T>> {
    private final Statement<I, T> statement;
    private final Convoy<UUID, I, Optional<T>> convoy = new Convoy<>(this::together, Fenced::runId);

    /** One statement for all. Returns what became of each, by run; what is not there was no owner's. */
    @FunctionalInterface
    interface Statement<I, T> {
        Map<UUID, T> write(UUID tenant, List<I> items, boolean brief);
    }

    OwnersWrite(Statement<I, T> statement) {
        this.statement = statement;
    }

    @Override
    public Map<UUID, T> apply(UUID tenant, List<I> items) {
        if (items.size() > 1) {
            return statement.write(tenant, items, false);
        }
        var item = items.get(0);
        return convoy.join(tenant, item).map(done -> Map.of(item.runId(), done)).orElse(Map.of());
    }

    private List<Optional<T>> together(UUID tenant, List<I> items) {
        var sorted = items.stream().sorted(Comparator.comparing(Fenced::runId)).toList();
        var written = statement.write(tenant, sorted, items.size() > 1);
        return items.stream()
                .map(item -> Optional.ofNullable(written.get(item.runId())))
                .toList();
    }
}
