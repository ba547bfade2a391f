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
 * them. The next ones wait a little while there is movement; when there is none, they are refused at once, as in the end they
 * would be for want of a connection.
 */
@WebFilter(
        urlPatterns = {"/api/*", "/console/*"},
        asyncSupported = true)
public class Crowd extends HttpFilter {
    private static final long serialVersionUID = 1;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

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
            Replies.write(ExpectedErrors.unavailable(), request, response);
        }
    }

    private boolean enter() {
        try {
            long wait = movedAt + PATIENCE_NANOS - System.nanoTime();
            if (!places.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
                return false;
            }
            movedAt = System.nanoTime();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
