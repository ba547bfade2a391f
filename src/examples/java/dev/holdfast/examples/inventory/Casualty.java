package dev.holdfast.examples.inventory;

import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The worker that was killed in the middle of its work. */
record Casualty(String workerId, long pid, List<Run> held) {
    /**
     * Kills one of the workers while it holds runs. To be sure of that, a worker is frozen first and looked at; if it holds
     * nothing just now it goes on unharmed.
     *
     * @return empty if no worker held anything: try again
     */
    static Optional<Casualty> amongst(List<WorkerProcess> crew, HoldfastClient holdfast, String execution) {
        for (WorkerProcess worker : crew) {
            worker.freeze();
            // Twice: what it had sent before it froze may arrive in between.
            if (held(worker, holdfast, execution).isEmpty()
                    || held(worker, holdfast, execution).isEmpty()) {
                worker.thaw();
            } else {
                worker.kill();
                return Optional.of(new Casualty(worker.id(), worker.pid(), held(worker, holdfast, execution)));
            }
        }
        return Optional.empty();
    }

    private static List<Run> held(WorkerProcess worker, HoldfastClient holdfast, String execution) {
        List<Run> held = new ArrayList<>();
        for (String state : List.of("claimed", "running")) {
            holdfast.forEach(Lanes.jarsOf(execution).workerId(worker.id()).state(state), held::add);
        }
        return held;
    }
}
