package dev.holdfast.platform.metrics;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.eclipse.microprofile.metrics.Counter;
import org.eclipse.microprofile.metrics.Metadata;
import org.eclipse.microprofile.metrics.MetricID;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;
import org.eclipse.microprofile.metrics.Timer;

/** Counts, times and shows. Values of labels are given in the order in which the {@link Metric} names them. */
@ApplicationScoped
public class Metrics {
    private final Map<Series, Counter> counters = new ConcurrentHashMap<>(); // the registry's own look-up is slower
    private final Map<Metric, Timer> timers = new ConcurrentHashMap<>();
    private final MetricRegistry registry;

    protected Metrics() { // for the proxy
        this(null);
    }

    @Inject
    Metrics(MetricRegistry registry) {
        this.registry = registry;
    }

    private record Series(Metric metric, List<String> labels) {
        Metadata metadata() {
            return Metadata.builder()
                    .withName(metric.title)
                    .withDescription(metric.help)
                    .build();
        }

        Tag[] tags() {
            return IntStream.range(0, labels.size())
                    .mapToObj(i -> new Tag(metric.labels.get(i), labels.get(i)))
                    .toArray(Tag[]::new);
        }
    }

    /** Adds to a counter; zero lets it be seen before there is anything to count, as rates need it. */
    public void count(Metric metric, long n, String... labels) {
        counters.computeIfAbsent(
                        new Series(metric, List.of(labels)),
                        series -> registry.counter(series.metadata(), series.tags()))
                .inc(n);
    }

    public void took(Metric metric, Duration time) {
        timers.computeIfAbsent(metric, timed -> registry.timer(new Series(timed, List.of()).metadata()))
                .update(time);
    }

    /** Shows a value that is asked for when somebody looks; what cannot be told then is not a number. */
    public void show(Metric metric, Supplier<? extends Number> value, String... labels) {
        var series = new Series(metric, List.of(labels));
        registry.gauge(series.metadata(), () -> told(value), series.tags());
    }

    public void hide(Metric metric, String... labels) {
        var series = new Series(metric, List.of(labels));
        registry.remove(new MetricID(metric.title, series.tags()));
    }

    private static Number told(Supplier<? extends Number> value) {
        try {
            return value.get();
        } catch (RuntimeException e) {
            return Double.NaN;
        }
    }
}
