package dev.holdfast.bench;

import dev.holdfast.testkit.HoldfastServer;
import java.io.IOException;
import java.net.CookieManager;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How long the console's pages take, and how much they weigh, over 1,000,000 ended runs, of which the tenant that is looked
 * at has half, and 20,000 in flight, half of them likewise.
 */
public final class ConsoleAtScale {
    private static final String PASSWORD = "the-password-of-the-measurements";
    private static final int STORED = 1_000_000;
    private static final int IN_FLIGHT = 20_000;
    private static final int WARM_UP = 30;
    private static final int TIMES = 100;

    private static final List<String> PAGES = List.of(
            "/",
            "/runs",
            "/runs?state=failed",
            "/runs?state=queued",
            "/runs?state=claimed",
            "/runs?state=suspended",
            "/runs?state=cancelled",
            "/runs?state=failed&state=cancelled",
            "/runs?state=queued&state=suspended",
            "/runs?lane=nobody-uses-it",
            "/runs?subject=nothing",
            "/runs?endUser=nobody",
            "/runs?failureCode=never",
            "/runs?type=nothing",
            "/runs?workerId=nobody",
            "/runs?label=nothing:nowhere",
            "/runs?category=human",
            "/runs?type=type-3",
            "/runs?label=team:team-8",
            "/runs?lane=bench-3&state=completed",
            "/runs?state=running",
            "/runs?state=claimed&state=running",
            "/runs?stale=true",
            "/runs?resumable=true",
            "/runs?workerId=worker-7",
            "/approvals",
            "/lanes",
            "/workers",
            "/schedules",
            "/sweeps",
            "/webhooks",
            "/keys");

    private static final Pattern ASSET = Pattern.compile("(?:href|src)=\"(/console/static/[^\"]+)\"");

    private final House house = new House();
    private final HoldfastServer server = house.node("bench").with("HOLDFAST_ADMIN_PASSWORD", PASSWORD);
    private final HttpClient http =
            HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

    public static void main(String[] args) throws IOException, InterruptedException {
        var bench = new ConsoleAtScale();
        try (bench.house) {
            bench.run();
        }
    }

    private void run() throws IOException, InterruptedException {
        server.start();
        var stock = new Stock(house.rows());
        stock.inFlight(IN_FLIGHT);
        stock.terminal(STORED);
        stock.settle();
        logIn();
        System.out.printf("%-40s %8s %8s %8s%n", "page", "p50, ms", "p95, ms", "bytes");
        for (var page : PAGES) {
            measure(page);
        }
        var assets = ASSET.matcher(get("/runs"))
                .results()
                .map(found -> found.group(1))
                .distinct()
                .toList();
        int weight = 0;
        for (var asset : assets) {
            weight += get(asset.substring("/console".length())).getBytes(StandardCharsets.UTF_8).length;
        }
        var modules = assets.get(0).replaceFirst("[^/]+$", "").substring("/console".length());
        for (var module : List.of("keys.js", "live.js", "times.js")) {
            weight += get(modules + module).getBytes(StandardCharsets.UTF_8).length;
        }
        System.out.printf("styles, scripts and icon besides, once: %d bytes%n", weight);
    }

    private void measure(String page) throws IOException, InterruptedException {
        var times = new double[TIMES];
        int bytes = 0;
        for (int i = -WARM_UP; i < TIMES; i++) {
            long begun = System.nanoTime();
            bytes = get(page).getBytes(StandardCharsets.UTF_8).length;
            if (i >= 0) {
                times[i] = (System.nanoTime() - begun) / 1e6;
            }
        }
        Arrays.sort(times);
        System.out.printf("%-40s %8.0f %8.0f %8d%n", page, times[TIMES / 2], times[TIMES * 95 / 100], bytes);
    }

    private void logIn() throws IOException, InterruptedException {
        var form = HttpRequest.newBuilder(server.uri("/console/login"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("name=administrator&password=" + PASSWORD))
                .build();
        int status = http.send(form, BodyHandlers.discarding()).statusCode();
        if (status != 303) {
            throw new IllegalStateException("the login was answered " + status);
        }
    }

    private String get(String path) throws IOException, InterruptedException {
        var reply =
                http.send(HttpRequest.newBuilder(server.uri("/console" + path)).build(), BodyHandlers.ofString());
        if (reply.statusCode() != 200) {
            throw new IllegalStateException(path + " was answered " + reply.statusCode());
        }
        return reply.body();
    }
}
