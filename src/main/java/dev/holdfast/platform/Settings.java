package dev.holdfast.platform;

import dev.holdfast.platform.json.Values;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * What an administrator can set, read once. A senseless value stops the start with its key, its value and what is
 * allowed; each name is also an environment variable ({@code holdfast.run.key.ttl} is {@code HOLDFAST_RUN_KEY_TTL}).
 */
@ApplicationScoped
public class Settings {
    private static final Logger LOG = Logger.getLogger(Settings.class.getName());

    /** Liberty's name for the variables that server.xml declares with a default: those that it uses itself. */
    private static final String DECLARED = "server.xml.default.variables.config.source";

    private final List<String> faults = new ArrayList<>();
    private final Set<String> asked = new TreeSet<>();

    private final Duration runKeyTtl =
            read("holdfast.run.key.ttl", "PT2H", "a duration of at least PT1S", duration -> atLeastASecond(duration));
    private final Duration runKeyMaxAge = read(
            "holdfast.run.key.max.age", "P1D", "a duration of at least PT1S", duration -> atLeastASecond(duration));
    private final LaneDefaults laneDefaults = new LaneDefaults(
            read(
                    "holdfast.lane.heartbeat",
                    "optional",
                    "required, optional or none",
                    among("required", "optional", "none")),
            read(
                    "holdfast.lane.heartbeat.timeout",
                    "PT2M",
                    "a duration of at least PT1S",
                    text -> atLeastASecond(text)),
            read("holdfast.lane.claim.timeout", "PT2H", "a duration of at least PT1S", text -> atLeastASecond(text)),
            read(
                    "holdfast.lane.approval.timeout",
                    "PT30M",
                    "a duration of at least PT1S",
                    text -> atLeastASecond(text)),
            read("holdfast.lane.on.lost", "requeue", "requeue or fail", among("requeue", "fail")),
            read("holdfast.lane.max.attempts", "3", "1 to 1000", number -> within(number, 1, 1000)),
            read("holdfast.lane.max.lost", "3", "0 to 1000", number -> within(number, 0, 1000)),
            read("holdfast.lane.retention", "P30D", "a duration of at least PT1S", text -> atLeastASecond(text)));
    private final Duration sweepInterval = read(
            "holdfast.sweep.interval", "PT10S", "a duration of at least PT1S", duration -> atLeastASecond(duration));
    private final int sweepBatch = read("holdfast.sweep.batch", "500", "1 to 10000", rows -> within(rows, 1, 10_000));
    private final int maxBodyBytes =
            read("holdfast.limits.body.bytes", "1048576", "1024 to 67108864", bytes -> within(bytes, 1024, 67_108_864));
    private final int databasePool = read("holdfast.db.pool.size", "20", "1 to 10000", size -> within(size, 1, 10_000));
    private final int rateLimit = read("holdfast.rate.limit", "0", "0 to 100000", rate -> within(rate, 0, 100_000));
    private final int rateBurst = read("holdfast.rate.burst", "100", "1 to 100000", burst -> within(burst, 1, 100_000));
    private final int maxStreams = read("holdfast.limits.streams", "1000", "1 to 100000", n -> within(n, 1, 100_000));
    private final int maxStreamsOfTenant =
            read("holdfast.limits.streams.tenant", "200", "1 to 100000", n -> within(n, 1, 100_000));
    private final Duration streamPing =
            read("holdfast.streams.ping", "PT15S", "a duration of at least PT1S", duration -> atLeastASecond(duration));
    private final Duration streamLife =
            read("holdfast.streams.life", "PT1H", "a duration of at least PT1S", duration -> atLeastASecond(duration));
    private final List<Network> webhookNetworks = read(
            "holdfast.webhooks.allow.addresses",
            "",
            "addresses or networks such as 10.1.0.0/16, separated by commas",
            Network::all);
    private final String nodeName = read("holdfast.node.name", hostName(), "1 to 100 characters", Settings::name);
    private final String peopleTenant =
            read("holdfast.people.tenant", "default", "1 to 100 characters", Settings::name);
    private final Optional<String> bootstrapKey = bootstrap();
    private final Path keyFile = read("holdfast.bootstrap.key.file", besideTheData(), "a path", Path::of);

    /**
     * Warns of each setting that nobody reads: misspelt, it would be a setting that silently is not made.
     *
     * @throws IllegalStateException naming each setting that cannot be used
     */
    public void requireSound() {
        unknown().forEach(name -> LOG.warning("The setting " + name + " is not known to Holdfast and has no effect"));
        if (runKeyTtl.compareTo(runKeyMaxAge) > 0) {
            faults.add("holdfast.run.key.ttl = " + runKeyTtl + ": must not exceed holdfast.run.key.max.age = "
                    + runKeyMaxAge);
        }
        if (laneDefaults.heartbeatTimeout != null
                && laneDefaults.claimTimeout != null
                && laneDefaults.claimTimeout.compareTo(laneDefaults.heartbeatTimeout) < 0) {
            faults.add("holdfast.lane.claim.timeout = " + laneDefaults.claimTimeout
                    + ": must not be below holdfast.lane.heartbeat.timeout = " + laneDefaults.heartbeatTimeout);
        }
        if (!faults.isEmpty()) {
            throw new IllegalStateException(
                    "Holdfast does not start with these settings: " + String.join("; ", faults));
        }
    }

    /** How long a run key is valid after its issue and after each accepted heartbeat. */
    public Duration runKeyTtl() {
        return runKeyTtl;
    }

    /** The hard cap on a run key's life, however often its run beats. */
    public Duration runKeyMaxAge() {
        return runKeyMaxAge;
    }

    /** What a lane's policy is where nobody has said anything; heartbeat and onLost are names of the policy's constants. */
    public record LaneDefaults(
            String heartbeat,
            Duration heartbeatTimeout,
            Duration claimTimeout,
            Duration approvalTimeout,
            String onLost,
            Integer maxAttempts,
            Integer maxLost,
            Duration retention) {}

    public LaneDefaults laneDefaults() {
        return laneDefaults;
    }

    /** How often the reaper sweeps, whatever the number of nodes. */
    public Duration sweepInterval() {
        return sweepInterval;
    }

    /** How many rows a sweep moves in one statement. */
    public int sweepBatch() {
        return sweepBatch;
    }

    public int maxBodyBytes() {
        return maxBodyBytes;
    }

    /** The most connections for requests, but for those that are vital. */
    public int databasePool() {
        return databasePool;
    }

    /** Requests a second of one caller on this node, in the long run; 0 for any number. */
    public int rateLimit() {
        return rateLimit;
    }

    /** Requests that a caller who was quiet may make at once. */
    public int rateBurst() {
        return rateBurst;
    }

    /** Live streams at once on this node, of all tenants. */
    public int maxStreams() {
        return maxStreams;
    }

    /** Live streams at once on this node, of one tenant. */
    public int maxStreamsOfTenant() {
        return maxStreamsOfTenant;
    }

    /** How long a live stream is silent at the most. */
    public Duration streamPing() {
        return streamPing;
    }

    /** After how long a client of a live stream has to come back. */
    public Duration streamLife() {
        return streamLife;
    }

    /** Private addresses to which webhooks may go all the same, and without TLS. */
    public List<Network> webhookNetworks() {
        return webhookNetworks;
    }

    public String nodeName() {
        return nodeName;
    }

    /** The name of the tenant in which people who log in are. */
    public String peopleTenant() {
        return peopleTenant;
    }

    /** The first key as the administrator chose it; empty if one is to be made. Never logged. */
    public Optional<String> bootstrapKey() {
        return bootstrapKey;
    }

    /** Where a made first key is written. */
    public Path bootstrapKeyFile() {
        return keyFile;
    }

    // Whoever keeps the data keeps the key to it.
    private String besideTheData() {
        return text("holdfast.data.dir")
                .map(data -> Path.of(data).resolveSibling("bootstrap.key").toString())
                .orElse("bootstrap.key");
    }

    private Optional<String> bootstrap() {
        var given = text("holdfast.bootstrap.key");
        if (given.isPresent() && !given.get().matches("[\\x21-\\x7e]{32,200}")) {
            faults.add(
                    "holdfast.bootstrap.key (not shown): must be 32 to 200 printable ASCII characters without spaces");
        }
        return given;
    }

    private <T> T read(String name, String standard, String allowed, Function<String, T> parse) {
        var value = text(name).orElse(standard);
        try {
            return parse.apply(value);
        } catch (IllegalArgumentException e) {
            faults.add(name + " = " + value + ": must be " + allowed);
            return parse.apply(standard); // to go on and find the other faults
        }
    }

    private Set<String> unknown() {
        var known = new TreeSet<>(asked);
        var given = new TreeSet<String>();
        for (var source : ConfigProvider.getConfig().getConfigSources()) {
            (source.getName().equals(DECLARED) ? known : given).addAll(source.getPropertyNames());
        }
        given.removeIf(name -> !variable(name).startsWith("HOLDFAST_") || known.contains(variable(name)));
        return given;
    }

    private static String variable(String name) {
        return name.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    // An environment variable that is set but empty, as deployment templates leave them, is not a value.
    private Optional<String> text(String name) {
        asked.add(variable(name));
        var config = ConfigProvider.getConfig();
        // A variable of server.xml is known by its own name only, which is that of the environment variable.
        return config.getOptionalValue(name, String.class)
                .or(() -> config.getOptionalValue(variable(name), String.class))
                .filter(value -> !value.isBlank());
    }

    private static Duration atLeastASecond(String text) {
        var duration = Values.duration(text);
        if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException();
        }
        return duration;
    }

    private static int within(String text, int least, int most) {
        int number = Integer.parseInt(text);
        if (number < least || number > most) {
            throw new IllegalArgumentException();
        }
        return number;
    }

    private static Function<String, String> among(String... allowed) {
        return text -> {
            if (!List.of(allowed).contains(text)) {
                throw new IllegalArgumentException();
            }
            return text.toUpperCase(Locale.ROOT);
        };
    }

    private static String name(String text) {
        if (text.length() > 100) {
            throw new IllegalArgumentException();
        }
        return text;
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "node";
        }
    }
}
