package dev.holdfast.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** An ear at a database that refuses, loses it, and lets it listen at last. */
class ListeningTest {
    private static final Logger LOG = Logger.getLogger(Listening.class.getName());

    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger begun = new AtomicInteger();
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final List<String> logged = new CopyOnWriteArrayList<>();
    private final Listening listening =
            new Listening(view(DataSource.class, this::connect), "channel", begun::incrementAndGet, heard::add);
    private final Thread thread = new Thread(listening);
    private final Handler log = new Handler() {
        @Override
        public void publish(LogRecord line) {
            logged.add(line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void watchLog() {
        LOG.addHandler(log);
    }

    @AfterEach
    void end() throws InterruptedException {
        listening.end();
        thread.join(TimeUnit.SECONDS.toMillis(5));
        LOG.removeHandler(log);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void itHearsWhatIsSaidOnItsChannel() {
        thread.start();
        said.add("one");
        said.add("two");

        await().until(() -> heard.equals(List.of("one", "two")));
        assertThat(listening.isHearing()).isTrue();
        assertThat(begun).hasValue(1);
        assertThat(logged).isEmpty();
    }

    @Test
    void whileItIsRefusedItSaysSoOnceAndTriesAgain() {
        refusals.set(3);
        thread.start();
        await().until(() -> refusals.get() == 1);
        assertThat(listening.isHearing()).isFalse();
        await().until(listening::isHearing);

        assertThat(begun).hasValue(1);
        assertThat(logged).hasSize(2).anyMatch(line -> line.contains("not heard"));
        assertThat(logged.get(1)).contains("heard again");
    }

    @Test
    void onceItHasLostItsConnectionItTellsThatSomethingMayHaveBeenMissed() {
        thread.start();
        await().until(listening::isHearing);
        said.add("LOST");

        await().until(() -> begun.get() == 2);
        said.add("one");
        await().until(() -> heard.equals(List.of("one")));
    }

    private Object connect(Object proxy, Method method, Object... arguments) {
        return view(Connection.class, (connection, called, with) -> switch (called.getName()) {
            case "createStatement" -> view(Statement.class, this::execute);
            case "unwrap" -> view(PGConnection.class, this::notifications);
            default -> null;
        });
    }

    private Object execute(Object statement, Method method, Object... sql) throws SQLException {
        if (method.getName().equals("execute") && refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new SQLException("no listening here", "0A000");
        }
        return method.getReturnType() == boolean.class ? false : null;
    }

    private Object notifications(Object connection, Method method, Object... millis)
            throws SQLException, InterruptedException {
        var text = said.poll((int) millis[0], TimeUnit.MILLISECONDS);
        if ("LOST".equals(text)) {
            throw new SQLException("gone", "08006");
        }
        return text == null
                ? null
                : new PGNotification[] {
                    view(
                            PGNotification.class,
                            (one, called, with) -> called.getName().equals("getName") ? "channel" : text)
                };
    }

    private static <T> T view(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
