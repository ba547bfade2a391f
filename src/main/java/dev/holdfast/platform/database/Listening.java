package dev.holdfast.platform.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** Hears what is notified on a channel, over a connection that it keeps, and makes anew when it is lost. */
final class Listening implements Runnable {
    private static final Logger LOG = Logger.getLogger(Listening.class.getName());

    /** How long a wait for notifications may go on after {@link #end}: nothing else ends it. */
    private static final int LOOK_MILLIS = 500;

    /** A connection that says nothing for so long is asked whether it still is one. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(15);

    private static final long FIRST_REST_MILLIS = 200;
    private static final long LONGEST_REST_MILLIS = 5_000;

    private final DataSource source;
    private final String channel;
    private final Runnable begun;
    private final Consumer<String> heard;
    private final CountDownLatch ended = new CountDownLatch(1);
    private long rest = FIRST_REST_MILLIS;
    private boolean deaf;
    private volatile boolean hearing;

    /** @param begun called at each begin: whatever was notified before has not been heard */
    Listening(DataSource source, String channel, Runnable begun, Consumer<String> heard) {
        this.source = source;
        this.channel = channel;
        this.begun = begun;
        this.heard = heard;
    }

    boolean isHearing() {
        return hearing;
    }

    /** Lets go of the connection, within the time of one look. */
    void end() {
        ended.countDown();
    }

    @Override
    public void run() {
        while (!isEnded()) {
            try (var connection = source.getConnection()) {
                begin(connection);
                hear(connection);
            } catch (SQLException | RuntimeException e) {
                becomeDeaf(e);
            }
        }
    }

    private void begin(Connection connection) throws SQLException {
        listen(connection);
        if (deaf) {
            LOG.info("HLDF0204I: The other nodes are heard again");
        }
        deaf = false;
        rest = FIRST_REST_MILLIS;
        hearing = true;
        begun.run();
    }

    private void hear(Connection connection) throws SQLException {
        var notifications = connection.unwrap(PGConnection.class);
        for (var last = System.nanoTime(); !isEnded(); ) {
            var news = notifications.getNotifications(LOOK_MILLIS);
            if (news != null && news.length > 0) {
                last = System.nanoTime();
                tell(news);
            } else if (System.nanoTime() - last > SILENCE_NANOS) {
                listen(connection);
                last = System.nanoTime();
            }
        }
    }

    private void tell(PGNotification... news) {
        for (var one : news) {
            if (one.getName().equals(channel)) {
                heard.accept(one.getParameter());
            }
        }
    }

    private void becomeDeaf(Exception why) {
        hearing = false;
        if (!deaf && !isEnded()) {
            LOG.log(
                    Level.WARNING,
                    "HLDF0203W: The other nodes are not heard: {0} What waits here is found by polling, later than it could be,"
                            + " until they are.",
                    why.getMessage());
        }
        deaf = true;
        sleep();
        rest = Math.min(2 * rest, LONGEST_REST_MILLIS);
    }

    /** Not all nodes at the same instant: they have lost the same database. */
    private void sleep() {
        try {
            ended.await(rest / 2 + ThreadLocalRandom.current().nextLong(rest), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end();
        }
    }

    private boolean isEnded() {
        return ended.getCount() == 0;
    }

    private void listen(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("listen " + channel);
        }
    }
}
