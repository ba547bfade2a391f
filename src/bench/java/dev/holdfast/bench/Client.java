package dev.holdfast.bench;

import java.util.concurrent.Callable;

/** One producer and worker: a run of its own making, then a claim of whatever comes, then its end; until the time is over. */
final class Client implements Callable<Client> {
    private final Calls calls;
    private final String id;
    private final long end;
    private final Latencies latencies = new Latencies();
    private int emptyClaims;

    Client(Calls calls, String id, long end) {
        this.calls = calls;
        this.id = id;
        this.end = end;
    }

    @Override
    public Client call() throws Exception {
        while (System.nanoTime() < end) {
            calls.submit(latencies);
            var claim = calls.claim(id, latencies);
            // There is a run for each claimer, but one that is just being claimed by another is passed over.
            while (claim.isEmpty() && System.nanoTime() < end) {
                emptyClaims++;
                claim = calls.claim(id, latencies);
            }
            if (claim.isPresent()) {
                calls.complete(claim.get(), latencies);
            }
        }
        return this;
    }

    Latencies latencies() {
        return latencies;
    }

    int emptyClaims() {
        return emptyClaims;
    }
}
