package dev.holdfast.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.function.Predicate;

/** A line between two programs that can be made to fail: it delays, holds everything back, cuts, or loses replies. */
public final class FaultyLine implements AutoCloseable {
    /** PostgreSQL's end of a transaction, committed or not: it is ready for the next. */
    public static final Predicate<byte[]> TRANSACTION_ENDED = FaultyLine::isReadyForQuery;

    /** The beginning of an answer by HTTP. */
    public static final Predicate<byte[]> HTTP_ANSWER = piece ->
            piece.length > 5 && new String(piece, 0, 5, java.nio.charset.StandardCharsets.US_ASCII).equals("HTTP/");

    private static final byte[] READY = {'Z', 0, 0, 0, 5, 'I'};
    private static final int PIECE = 64 * 1024;

    private final ServerSocket door;
    private final IntSupplier to;
    private final Set<Pair> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger repliesCut = new AtomicInteger();
    private volatile long delayNanos;
    private volatile boolean held;
    private volatile Cut cut = new Cut(piece -> false, 0, new Random(0));

    private record Cut(Predicate<byte[]> of, double share, Random dice) {
        boolean falls(byte[] piece) {
            synchronized (dice) {
                return share > 0 && of.test(piece) && dice.nextDouble() < share;
            }
        }
    }

    private record Pair(Socket near, Socket far) {}

    private FaultyLine(IntSupplier to) throws IOException {
        this.to = to;
        door = new ServerSocket();
        door.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), TestRun.freePort()), 200);
        start("line " + port(), this::admit);
    }

    /** @param port of this machine; asked again for each connection, for what is restarted may come up elsewhere */
    public static FaultyLine to(IntSupplier port) {
        try {
            return new FaultyLine(port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return door.getLocalPort();
    }

    /** Each piece, in both directions, comes so much later. */
    public void delay(java.time.Duration by) {
        delayNanos = by.toNanos();
    }

    /** Nothing comes through, in either direction, and nobody is told: until the line heals, when all of it does. */
    public void holdBack() {
        held = true;
    }

    /** Loses this share of the replies of a kind, after what they reply to has been done, and the connection with each. */
    public void cutReplies(Predicate<byte[]> kind, double share, long seed) {
        cut = new Cut(kind, share, new Random(seed));
    }

    /** How many replies were lost. */
    public int repliesCut() {
        return repliesCut.get();
    }

    /** Resets all connections. */
    public void cut() {
        open.forEach(this::reset);
    }

    public void heal() {
        delayNanos = 0;
        cut = new Cut(piece -> false, 0, new Random(0));
        held = false;
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
    }

    private void admit() {
        while (!door.isClosed()) {
            try {
                connect(door.accept());
            } catch (IOException e) {
                // closed, or nobody there: then the caller has been told by the end of its connection
            }
        }
    }

    private void connect(Socket near) throws IOException {
        try {
            var far = new Socket(InetAddress.getLoopbackAddress(), to.getAsInt());
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
            var pair = new Pair(near, far);
            open.add(pair);
            start("line " + port() + " out", () -> carry(pair, near, far, false));
            start("line " + port() + " back", () -> carry(pair, far, near, true));
        } catch (IOException e) {
            near.setSoLinger(true, 0);
            near.close();
            throw e;
        }
    }

    private void carry(Pair pair, Socket from, Socket to, boolean back) {
        var buffer = new byte[PIECE];
        try {
            for (int n = from.getInputStream().read(buffer);
                    n >= 0;
                    n = from.getInputStream().read(buffer)) {
                var piece = java.util.Arrays.copyOf(buffer, n);
                while (held && open.contains(pair)) {
                    LockSupport.parkNanos(5_000_000);
                }
                LockSupport.parkNanos(delayNanos);
                if (back && cut.falls(piece)) {
                    repliesCut.incrementAndGet();
                    break;
                }
                to.getOutputStream().write(piece);
            }
        } catch (IOException e) {
            // one side is gone: so is the other, then
        }
        reset(pair);
    }

    private void reset(Pair pair) {
        open.remove(pair);
        for (var socket : new Socket[] {pair.near, pair.far}) {
            try {
                socket.setSoLinger(true, 0);
                socket.close();
            } catch (IOException e) {
                // it is closed
            }
        }
    }

    private static boolean isReadyForQuery(byte[] piece) {
        int start = piece.length - READY.length;
        return start >= 0 && java.util.Arrays.equals(piece, start, piece.length, READY, 0, READY.length);
    }

    private static void start(String name, Runnable task) {
        var thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }
}
