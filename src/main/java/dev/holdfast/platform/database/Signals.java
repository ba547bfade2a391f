package dev.holdfast.platform.database;

import dev.holdfast.platform.database.Topic.Kind;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * Tells all nodes where something happened, so that who waits for it need not ask all the time. A hint and no more: it may
 * come twice, for nothing, or not at all, when the database is away or a pooler refuses to listen. Who waits asks from time
 * to time whatever it hears.
 *
 * <p>This node's listeners are told at once, other nodes by PostgreSQL's NOTIFY, which locks the whole database for a moment:
 * at most one in {@value #REST_MILLIS} ms, in no transaction of anybody's.
 */
@ApplicationScoped
public class Signals {
    private static final Logger LOG = Logger.getLogger(Signals.class.getName());
    private static final String CHANNEL = "holdfast";
    private static final String NOTIFY = "select pg_notify('" + CHANNEL + "', ?)";
    private static final long REST_MILLIS = 25;
    private static final long LET_GO_MILLIS = 2_000;

    /** Beyond it only the kind is remembered. */
    private static final int MOST_PENDING = 1_000;

    private final String sender = UUID.randomUUID().toString();
    private final Map<Kind, List<Listener>> listeners = new EnumMap<>(Kind.class);
    private final Set<Topic> pending = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Database database;
    private volatile Listening listening;
    private Thread ear;
    private volatile long lastSent = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(REST_MILLIS);

    // After the start nobody else uses this pool, and what it holds is none of the requests' connections.
    @Resource(lookup = "jdbc/holdfastOwner", shareable = false)
    DataSource source;

    @Resource(lookup = "java:comp/TransactionSynchronizationRegistry")
    TransactionSynchronizationRegistry transaction;

    @Resource
    ManagedScheduledExecutorService timer;

    @Resource
    ManagedThreadFactory threads;

    protected Signals() { // for the proxy
        this(null);
    }

    @Inject
    Signals(Database database) {
        this.database = database;
        for (var kind : Kind.values()) {
            listeners.put(kind, new CopyOnWriteArrayList<>());
        }
    }

    /** Who wants to know. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Something may have happened there. Called on the thread of whoever was its cause, perhaps at the end of its
         * transaction, or on the one that hears all other nodes: neither waits, nor throws, nor asks the database.
         */
        void heard(Topic topic);
    }

    /** For as long as the node runs. */
    public void subscribe(Kind kind, Listener listener) {
        listeners.get(kind).add(listener);
    }

    /** Whether the other nodes are heard now; else only polling finds what happens there. */
    public boolean isHearing() {
        return listening != null && listening.isHearing();
    }

    /** Tells of what has been committed or, within a transaction, of what will have been if it is. */
    public void publish(Collection<Topic> topics) {
        if (topics.isEmpty()) {
            return;
        }
        if (transaction.getTransactionKey() == null) {
            tell(topics);
        } else if (!transaction.getRollbackOnly()) {
            transaction.registerInterposedSynchronization(new AfterCommit(topics));
        }
    }

    public void publish(Topic topic) {
        publish(List.of(topic));
    }

    /** Begins to hear the other nodes: once, when the database is there. */
    public void listen() {
        listening = new Listening(source, CHANNEL, this::anythingMayHaveHappened, this::heard);
        ear = threads.newThread(listening);
        ear.setName("holdfast-listening");
        ear.setDaemon(true);
        ear.start();
    }

    @PreDestroy
    void close() {
        if (listening == null) {
            return;
        }
        listening.end();
        send(); // the work of the last requests
        try {
            ear.join(LET_GO_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class AfterCommit implements Synchronization {
        private final Collection<Topic> topics;

        AfterCommit(Collection<Topic> topics) {
            this.topics = topics;
        }

        @Override
        public void beforeCompletion() {}

        @Override
        public void afterCompletion(int status) {
            if (status == Status.STATUS_COMMITTED) {
                tell(topics);
            }
        }
    }

    private void tell(Collection<Topic> topics) {
        topics.forEach(this::deliver);
        topics.forEach(topic ->
                pending.add(pending.size() < MOST_PENDING ? topic : topic.kind().anywhere()));
        sendSoon();
    }

    private void deliver(Topic topic) {
        listeners.get(topic.kind()).forEach(listener -> listener.heard(topic));
    }

    private void heard(String telegram) {
        if (!Telegram.sender(telegram).equals(sender)) {
            Telegram.topics(telegram).forEach(this::deliver);
        }
    }

    private void anythingMayHaveHappened() {
        for (var kind : Kind.values()) {
            deliver(kind.anywhere());
        }
    }

    private void sendSoon() {
        if (scheduled.compareAndSet(false, true)) {
            long rest = REST_MILLIS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastSent);
            try {
                if (rest <= 0) {
                    timer.execute(this::sendNow); // who waits on another node has no time for a clock's thread
                } else {
                    timer.schedule(this::sendNow, rest, TimeUnit.MILLISECONDS);
                }
            } catch (RejectedExecutionException stopping) {
                LOG.log(Level.FINE, "the last signals are sent at the end", stopping);
            }
        }
    }

    private void sendNow() {
        send();
        lastSent = System.nanoTime();
        scheduled.set(false);
        if (!pending.isEmpty()) {
            sendSoon();
        }
    }

    private void send() {
        var topics = List.copyOf(pending);
        topics.forEach(pending::remove);
        if (topics.isEmpty()) {
            return;
        }
        try {
            database.everybody().query(NOTIFY, row -> true, Telegram.of(sender, topics));
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "the other nodes were not told; they find it by polling", e);
        }
    }
}
