package dev.holdfast.testkit;

import static org.awaitility.Awaitility.await;

import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A client of a live stream that follows the rules: cut off, it goes on behind what it has, at the next node if need be. */
public final class Subscriber implements Runnable {
    private final List<URI> nodes;
    private final String key;
    private final String path;
    private final List<Follower.Event> taken = new ArrayList<>();
    private int endings;
    private int cuts;
    private Follower stream;
    private volatile boolean goHome;

    public Subscriber(List<URI> nodes, String key, String path) {
        this.nodes = nodes;
        this.key = key;
        this.path = path;
    }

    @Override
    public void run() {
        String last = null;
        for (int node = 0; !goHome; ) {
            try {
                begin(Follower.open(nodes.get(node), key, path, last));
            } catch (UncheckedIOException | Follower.Refused elsewhere) {
                node = (node + 1) % nodes.size();
                continue;
            }
            await().pollInterval(Duration.ofMillis(10))
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> stream.isEnded() || goHome);
            last = take(last);
        }
    }

    /** All so far, in the order in which it came. */
    public synchronized List<Follower.Event> events() {
        var all = new ArrayList<>(taken);
        if (stream != null) {
            all.addAll(stream.events());
        }
        return all;
    }

    /** How often a node has told it to come back. */
    public synchronized int endings() {
        return endings;
    }

    /** How often its stream was cut off without a word. */
    public synchronized int cuts() {
        return cuts;
    }

    public void goHome() {
        goHome = true;
    }

    private synchronized void begin(Follower begun) {
        stream = begun;
    }

    private synchronized String take(String before) {
        if (stream.isToComeBack()) {
            endings++;
        } else if (stream.isEnded()) {
            cuts++;
        }
        stream.close();
        taken.addAll(stream.events());
        var last = stream.lastId() == null ? before : stream.lastId();
        stream = null;
        return last;
    }
}
