package dev.holdfast.key;

import dev.holdfast.platform.problem.Problem;
import java.security.Principal;
import java.util.Set;
import java.util.UUID;

/**
 * Who is asking: the tenant, what they may do, and for a run key the one run that it is for. Comes from the credential
 * alone, never from what the request says.
 *
 * @param id of the key; null for a run key
 * @param name as shown in the timeline
 * @param run null unless the caller holds a run key
 * @param fence the claim that the run key was issued for
 */
public record Caller(UUID tenant, UUID id, String name, Set<String> scopes, UUID run, long fence) implements Principal {
    static final String ATTRIBUTE = Caller.class.getName();

    @Override
    public String getName() {
        return name;
    }

    public boolean may(String scope) {
        return scopes.contains(scope);
    }

    /** A run key acts on its own run only; whatever else it names is refused before anything is read. */
    public void requireMayAct(UUID onRun) {
        if (run != null && !run.equals(onRun)) {
            throw new Problem(403, "forbidden", "A run key acts on its own run only.");
        }
    }
}
