package dev.holdfast.testkit;

import java.net.URI;
import java.util.TreeMap;

/** What {@code /metrics} says at one instant. A series is named as Prometheus writes it, labels in alphabetical order. */
public record Scrape(String text) {
    public static Scrape of(HoldfastServer server) {
        return of(server.uri());
    }

    public static Scrape of(URI node) {
        return new Scrape(Api.at(node).get("/metrics").expect(200).text());
    }

    /** @return NaN if there is no such series */
    public double of(String series) {
        return series().getOrDefault(series, Double.NaN);
    }

    public boolean has(String series) {
        return series().containsKey(series);
    }

    /** By how much the series has risen since, one that was not there before from zero. */
    public double since(Scrape before, String series) {
        return of(series) - (before.has(series) ? before.of(series) : 0);
    }

    private TreeMap<String, Double> series() {
        var series = new TreeMap<String, Double>();
        text.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int value = line.lastIndexOf(' ');
            // Liberty's own: a label that all have, and a comma too many
            var name = line.substring(0, value)
                    .replace("mp_scope=\"application\",", "")
                    .replace(",}", "}")
                    .replace("{}", "");
            series.put(name, Double.valueOf(line.substring(value + 1)));
        });
        return series;
    }
}
