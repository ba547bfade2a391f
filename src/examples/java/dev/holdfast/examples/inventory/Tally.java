package dev.holdfast.examples.inventory;

import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Run;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How far an execution is.
 *
 * @param inFlight the runs that a worker holds
 */
record Tally(int submitted, int queued, List<Run> inFlight, int suspended, int failed, int cancelled) {
    /**
     * Counts over the API. The lists are read one after the other, in the order in which a run moves: one that moves
     * meanwhile is seen twice and counted once, but never overlooked and so taken for completed.
     */
    static Tally of(HoldfastClient holdfast, String execution, int submitted) {
        Map<String, List<Run>> runs = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (String state : List.of("suspended", "queued", "claimed", "running", "failed", "cancelled")) {
            List<Run> inState = new ArrayList<>();
            holdfast.forEach(Lanes.jarsOf(execution).state(state), run -> {
                if (seen.add(run.id())) {
                    inState.add(run);
                }
            });
            runs.put(state, inState);
        }
        List<Run> inFlight = new ArrayList<>(runs.get("claimed"));
        inFlight.addAll(runs.get("running"));
        return new Tally(
                submitted,
                runs.get("queued").size(),
                inFlight,
                runs.get("suspended").size(),
                runs.get("failed").size(),
                runs.get("cancelled").size());
    }

    /** What is none of the others: their list, with all results, is read once, for the report. */
    int completed() {
        return submitted - queued - inFlight.size() - suspended - failed - cancelled;
    }

    boolean isAllTerminal() {
        return queued + inFlight.size() + suspended == 0;
    }

    /** Whether nothing is left but what this worker, who is dead, holds. */
    boolean isAllTerminalBut(String worker) {
        return queued + suspended == 0 && inFlight.size() == heldBy(worker).size();
    }

    List<Run> heldBy(String worker) {
        return inFlight.stream().filter(run -> worker.equals(run.workerId())).toList();
    }
}
