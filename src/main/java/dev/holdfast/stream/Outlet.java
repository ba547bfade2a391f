package dev.holdfast.stream;

import jakarta.servlet.AsyncContext;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * The way to one client: what is offered is queued, and written by one thread at a time, which has it only as long as there
 * is something to write.
 *
 * <p>In Liberty every write to a client that does not read blocks, a WriteListener's too, and nothing ends it but the
 * server's {@code writeTimeout}: neither an interrupt nor the end of the call, which would leave the thread waiting for ever.
 * So nobody but its writer ends a call that is being written to.
 */
final class Outlet {
    private static final int PIECE = 16 * 1024;
    private static final byte[] OVER = {};

    private final Queue<byte[]> frames = new ArrayDeque<>();
    private final AsyncContext call;
    private final OutputStream out;
    private final Executor writers;
    private final Runnable written;
    private final Runnable gone;
    private boolean writing;
    private boolean ending;
    private volatile boolean dropped;
    private volatile long busySince;
    private volatile long pieceSince;
    private volatile long idleSince = System.nanoTime();

    /** @param written called when all has been written that was offered @param gone called when the client is no more */
    Outlet(AsyncContext call, OutputStream out, Executor writers, Runnable written, Runnable gone) {
        this.call = call;
        this.out = out;
        this.writers = writers;
        this.written = written;
        this.gone = gone;
    }

    synchronized void offer(Collection<byte[]> more) {
        if (!ending && !more.isEmpty()) {
            frames.addAll(more);
            begin();
        }
    }

    void offer(byte[] frame) {
        offer(List.of(frame));
    }

    /** Ends the stream after what was offered and this. */
    synchronized void end(byte[] last) {
        offer(last);
        ending = true;
    }

    /** Ends the stream as soon as its writer can: the client does not take what it is given. */
    synchronized void drop() {
        dropped = true;
        ending = true;
        begin();
    }

    synchronized boolean isIdle() {
        return !writing && !ending;
    }

    boolean isIdleFor(long nanos) {
        return isIdle() && System.nanoTime() - idleSince >= nanos;
    }

    /** Whether the client has not taken for so long what was offered. */
    boolean isBusyFor(long nanos) {
        long since = busySince;
        return since != 0 && System.nanoTime() - since >= nanos;
    }

    /** Whether its writer waits for the client. */
    boolean isStuck(long millis) {
        long since = pieceSince;
        return since != 0 && System.nanoTime() - since >= TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private void begin() {
        if (!writing) {
            writing = true;
            busySince = System.nanoTime();
            writers.execute(this::write);
        }
    }

    private void write() {
        if (wroteAll()) {
            written.run();
        } else {
            close();
        }
    }

    /** Whether the stream goes on: then somebody else may be writing already. */
    private boolean wroteAll() {
        try {
            var frame = next();
            while (frame != null && frame != OVER) {
                write(frame);
                frame = next();
            }
            return frame == null;
        } catch (IOException | RuntimeException e) { // the client is gone, or has not read for too long
            drop();
            return false;
        }
    }

    private void write(byte[] frame) throws IOException {
        for (int at = 0; at < frame.length && !dropped; at += PIECE) {
            pieceSince = System.nanoTime();
            out.write(frame, at, Math.min(PIECE, frame.length - at));
        }
        pieceSince = 0;
    }

    /** Null if all is written and has left, and the thread is free. */
    private byte[] next() throws IOException {
        if (isEmpty()) {
            pieceSince = System.nanoTime();
            out.flush();
            pieceSince = 0;
        }
        synchronized (this) {
            if (dropped || ending && frames.isEmpty()) {
                return OVER; // and whoever asks still is the writer, so that there is no other
            }
            if (frames.isEmpty()) {
                writing = false;
                busySince = 0;
                idleSince = System.nanoTime();
            }
            return frames.poll();
        }
    }

    private synchronized boolean isEmpty() {
        return frames.isEmpty();
    }

    private void close() {
        pieceSince = 0;
        try {
            call.complete();
        } catch (IllegalStateException ended) {
            // by the container, which noticed first
        } finally {
            gone.run();
        }
    }
}
