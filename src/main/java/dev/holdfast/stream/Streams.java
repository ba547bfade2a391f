package dev.holdfast.stream;

import static java.util.stream.Collectors.groupingBy;

import dev.holdfast.event.Place;
import dev.holdfast.key.Caller;
import dev.holdfast.key.Credentials;
import dev.holdfast.platform.Settings;
import dev.holdfast.platform.health.Node;
import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.stream.Stream.Follow;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Live streams of events: who may open one, what keeps it open, and what ends it. */
@ApplicationScoped
public class Streams implements Node.Guests {
    public static final String MEDIA_TYPE = "text/event-stream";
    public static final String LAST_EVENT_ID = "Last-Event-ID";

    private static final Logger LOG = Logger.getLogger(Streams.class.getName());
    private static final long WATCH_MILLIS = 100;
    private static final long TEND_MILLIS = 1_000;
    private static final long TAKES_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Followers followers;
    private final Rounds rounds;
    private final Feed feed;
    private final Writers writers;
    private final Credentials credentials;
    private final Settings settings;
    private final Metrics metrics;
    private final Node node;
    private volatile long lastAsked = System.nanoTime();
    private List<ScheduledFuture<?>> timed = List.of();

    @Resource
    ManagedScheduledExecutorService timer;

    protected Streams() { // for the proxy
        this(null, null, null, null, null, null, null, null);
    }

    @Inject
    Streams(
            Followers followers,
            Rounds rounds,
            Feed feed,
            Writers writers,
            Credentials credentials,
            Settings settings,
            Metrics metrics,
            Node node) {
        this.followers = followers;
        this.rounds = rounds;
        this.feed = feed;
        this.writers = writers;
        this.credentials = credentials;
        this.settings = settings;
        this.metrics = metrics;
        this.node = node;
    }

    void begin(@Observes Startup startup) {
        metrics.show(Metric.STREAMS, this::count);
        node.hosts("streams", this);
        timed = List.of(
                timer.scheduleWithFixedDelay(this::watch, WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS),
                timer.scheduleWithFixedDelay(this::tend, TEND_MILLIS, TEND_MILLIS, TimeUnit.MILLISECONDS));
    }

    /** Before the beans that these ask are gone. */
    @PreDestroy
    void close() {
        timed.forEach(task -> task.cancel(false));
    }

    /**
     * Where a client that was cut off goes on; empty if it does not say.
     *
     * @throws InvalidRequest if it says what cannot be
     */
    public static <T> Optional<T> lastEventId(HttpServletRequest http, Function<String, T> parse) {
        var id = http.getHeader(LAST_EVENT_ID);
        try {
            return id == null || id.isEmpty() ? Optional.empty() : Optional.of(parse.apply(id));
        } catch (IllegalArgumentException | InvalidRequest e) {
            throw new InvalidRequest(LAST_EVENT_ID, "must be the id of an event of this stream");
        }
    }

    /** Behind all of the tenant's events that are to be shown now. */
    public Place end(Caller caller) {
        return feed.end(caller.tenant());
    }

    /**
     * Makes the call a stream; what was wanted of the call is answered to a HEAD alone.
     *
     * @throws Problem 429 or 503 if there are as many as there may be
     */
    public void open(Follow wish, HttpServletRequest http, AsyncResponse reply) {
        if (node.isDraining()) {
            throw new Problem(503, "node_draining", "This node is about to go: another will serve the stream.")
                    .header("Retry-After", "1");
        }
        var tenant = wish.caller().tenant();
        if (http.getMethod().equals("HEAD")) {
            followers.requirePlace(tenant);
            reply.resume(Response.ok().type(MEDIA_TYPE).build());
            return;
        }
        followers
                .admit(tenant, () -> new Stream(wish, life(), stream -> outlet(stream, http.getAsyncContext())))
                .greet(); // written, that lets the first round begin
    }

    private Outlet outlet(Stream stream, AsyncContext call) {
        call.setTimeout(0); // it ends when we say so
        var out = begun((HttpServletResponse) call.getResponse());
        return new Outlet(call, out, writers, () -> wrote(stream), () -> followers.remove(stream));
    }

    @Override
    public long count() {
        return followers.all().size();
    }

    @Override
    public void letGo() {
        followers.all().forEach(stream -> stream.outlet().end(Frames.retry()));
    }

    private void wrote(Stream stream) {
        if (stream.isWaitingForMore()) {
            rounds.soon();
        }
    }

    private static OutputStream begun(HttpServletResponse response) {
        response.setContentType(MEDIA_TYPE);
        response.setHeader("X-Accel-Buffering", "no"); // else a proxy keeps events until it has many
        try {
            return response.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those that began together shall not end together. */
    private long life() {
        long most = settings.streamLife().toNanos();
        return most - ThreadLocalRandom.current().nextLong(most / 10);
    }

    private void watch() {
        writers.makeUpFor((int) followers.all().stream()
                .filter(stream -> stream.outlet().isStuck(WATCH_MILLIS))
                .count());
    }

    private void tend() {
        followers.all().forEach(this::tend);
        if (!followers.all().isEmpty()
                && System.nanoTime() - lastAsked >= settings.streamPing().toNanos()) {
            lastAsked = System.nanoTime();
            endRefused();
        }
    }

    private void tend(Stream stream) {
        var outlet = stream.outlet();
        if (outlet.isBusyFor(TAKES_WITHIN_NANOS)) {
            LOG.info(() -> "HLDF0505I: A client does not read what it follows, and is dropped: " + stream.subject());
            outlet.drop();
        } else if (stream.isOverdue()) {
            outlet.end(Frames.retry());
        } else if (outlet.isIdleFor(settings.streamPing().toNanos())) {
            stream.ping();
        }
    }

    /** Who comes back is told why it is not let in. */
    private void endRefused() {
        Map<Caller, List<Stream>> callers = followers.all().stream().collect(groupingBy(Stream::caller));
        try {
            var good = credentials.good(List.copyOf(callers.keySet()));
            callers.forEach((caller, streams) -> {
                if (!good.contains(caller)) {
                    streams.forEach(stream -> stream.outlet().end(Frames.retry()));
                }
            });
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "it cannot be told now whose key is good", e);
        }
    }
}
