package dev.holdfast.platform;

import dev.holdfast.platform.database.ExpectedErrors;
import dev.holdfast.platform.problem.Replies;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Leaves threads to what is {@link Vital}: of other requests no more are let in at once than there are connections for
 * them. The next ones wait as long as there is movement, however slow the node may be, and not for ever; when nothing has moved
 * for a while, they are refused at once, as in the end they would be for want of a connection.
 */
@WebFilter(
        urlPatterns = {"/api/*", "/console/*"},
        asyncSupported = true)
public class Crowd extends HttpFilter {
    private static final long serialVersionUID = 1;

    /** Of one who waits, and of the whole line. A node that has just begun, on a busy machine, may compile for seconds. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Each that waits holds a thread. Where so many do, of those in server.xml only the vital calls' are left. */
    static final int MANY = 80;

    private static final long PATIENCE_OF_MANY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private transient Semaphore places;
    private volatile long movedAt = System.nanoTime();

    @Inject
    void size(Settings settings) {
        places = new Semaphore(settings.databasePool(), true);
    }

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (Vital.ADDRESSES.matcher(request.getRequestURI()).matches()) {
            chain.doFilter(request, response);
        } else if (enter()) {
            try {
                chain.doFilter(request, response);
            } finally {
                movedAt = System.nanoTime();
                places.release();
            }
        } else {
            Replies.write(
                    ExpectedErrors.unavailable("more requests wait than its connections can serve"), request, response);
        }
    }

    private boolean enter() {
        try {
            long came = System.nanoTime();
            int before = places.getQueueLength();
            if (places.availablePermits() > 0) {
                movedAt = came; // and not after it is taken: who finds none left sees that there was one just now
            }
            for (long wait = PATIENCE_NANOS; wait > 0; ) {
                long now = System.nanoTime();
                wait = patience(now - came, now - movedAt, before);
                if (places.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
                    movedAt = System.nanoTime();
                    return true;
                }
            }
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * How much longer one waits if nothing moves meanwhile.
     *
     * @param still how long nothing has moved @param before how many wait already
     * @return nanoseconds, as the others are; not above 0 for no longer
     */
    static long patience(long waited, long still, int before) {
        return (before < MANY ? PATIENCE_NANOS : PATIENCE_OF_MANY_NANOS) - Math.max(waited, still);
    }
}
