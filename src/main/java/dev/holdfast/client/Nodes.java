package dev.holdfast.client;

import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The addresses at which Holdfast may be found, any of which will do: one is asked until it does not answer. */
final class Nodes {
    private final List<String> apis;
    private final AtomicInteger present = new AtomicInteger();

    Nodes(List<URI> addresses) {
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("Holdfast has at least one address");
        }
        apis = addresses.stream()
                .map(address -> address.toString().strip().replaceFirst("/+$", "") + "/api/v1")
                .toList();
    }

    int count() {
        return apis.size();
    }

    /** Which one to ask. */
    String present() {
        return apis.get(present.get());
    }

    /** This one did not answer: from now on another is asked, unless somebody has turned to another before. */
    void turnFrom(String api) {
        int failed = apis.indexOf(api);
        present.compareAndSet(failed, (failed + 1) % apis.size());
    }

    @Override
    public String toString() {
        return String.join(", ", apis);
    }
}
