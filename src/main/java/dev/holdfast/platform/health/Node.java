package dev.holdfast.platform.health;

import dev.holdfast.platform.Settings;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Logger;

/**
 * Whether this node takes work or is being drained, by an operator or by SIGTERM: then it is not ready, and lets go of
 * whoever it keeps waiting, so that they come to another node. It still answers every call.
 */
@ApplicationScoped
public class Node {
    private static final Logger LOG = Logger.getLogger(Node.class.getName());

    private final Map<String, Guests> guests = new ConcurrentHashMap<>();
    private final String name;

    // A SIGTERM is heard here at once; @PreDestroy comes after Liberty has waited for the very requests that wait for
    // us.
    private final Thread atSigterm = new Thread(this::stop, "drain-at-sigterm");
    private volatile boolean draining;
    private volatile boolean stopping;

    protected Node() { // for the proxy
        this(null);
    }

    @Inject
    Node(Settings settings) {
        name = settings == null ? null : settings.nodeName(); // at a SIGTERM there is no application to ask in
    }

    /** Clients whose call stays open for long. */
    public interface Guests {
        /** How many there are now. */
        long count();

        /** Ends their calls in good order. Whoever comes while the node {@linkplain #isDraining drains} does not wait. */
        void letGo();
    }

    /** @param kind of guests, in the plural, as the log and {@link #count} name it */
    public void hosts(String kind, Guests those) {
        guests.put(kind, those);
    }

    /** How many guests of a kind there are; 0 of a kind that nobody hosts. */
    public long count(String kind) {
        var those = guests.get(kind);
        return those == null ? 0 : those.count();
    }

    public boolean isDraining() {
        return draining;
    }

    /** A second call lets go of whoever has come meanwhile. @param by who wants it, for the log */
    public void drain(String by) {
        LOG.info(drained(by));
    }

    /** @throws IllegalStateException if the server is stopping */
    public void undrain(String by) {
        if (stopping) {
            throw new IllegalStateException("the server is stopping");
        }
        draining = false;
        LOG.info(() -> "HLDF0402I: Node %s takes work again, by %s".formatted(name, by));
    }

    @PostConstruct
    void listen() {
        Runtime.getRuntime().addShutdownHook(atSigterm);
    }

    @PreDestroy
    void close() {
        if (!stopping) {
            stop();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(atSigterm);
        } catch (IllegalStateException ending) {
            // it has run, or is about to
        }
    }

    // Java's own logging hears of a SIGTERM at the same time, and logs no more.
    private void stop() {
        stopping = true;
        System.out.println(drained("the stop of the server"));
    }

    private String drained(String by) {
        draining = true;
        var told = "HLDF0401I: Node %s drains, by %s: it is not ready, and lets go of %s".formatted(name, by, crowd());
        guests.values().forEach(Guests::letGo);
        return told;
    }

    private String crowd() {
        return guests.isEmpty()
                ? "nobody"
                : String.join(
                        " and ",
                        guests.entrySet().stream()
                                .map(those -> those.getValue().count() + " " + those.getKey())
                                .sorted()
                                .toList());
    }
}
