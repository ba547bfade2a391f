package dev.holdfast.client;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The lines of a body that is still coming, one asked for at a time. */
final class Lines implements Flow.Subscriber<String>, AutoCloseable {
    /** A line, or why there is none any more; of the end itself both are empty. */
    private record Next(Optional<String> line, Optional<Throwable> error) {}

    private final BlockingQueue<Next> next = new LinkedBlockingQueue<>();
    private volatile Flow.Subscription subscription;

    /** Null at the end. @throws IOException if the body breaks off, or nothing comes for so long */
    String next(Duration most) throws IOException, InterruptedException {
        Next came = next.poll(most.toMillis(), TimeUnit.MILLISECONDS);
        if (came == null) {
            throw new IOException("Nothing has come for " + most);
        } else if (came.error().isPresent()) {
            throw new IOException(came.error().get().getMessage(), came.error().get());
        } else if (came.line().isPresent()) {
            subscription.request(1);
        }
        return came.line().orElse(null);
    }

    @Override
    public void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
        begun.request(1);
    }

    @Override
    public void onNext(String line) {
        next.add(new Next(Optional.of(line), Optional.empty()));
    }

    @Override
    public void onError(Throwable error) {
        next.add(new Next(Optional.empty(), Optional.of(error)));
    }

    @Override
    public void onComplete() {
        next.add(new Next(Optional.empty(), Optional.empty()));
    }

    @Override
    public void close() {
        if (subscription != null) {
            subscription.cancel();
        }
    }
}
