package dev.holdfast.key;

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
public record Caller(UUID tenant, UUID id, String name, Set<String> scopes, UUID run, long fence) {
    static final String ATTRIBUTE = Caller.class.getName();

    /** Of the key, or of the run whose key it is. */
    UUID identity() {
        return run == null ? id : run;
    }

    public boolean may(String scope) {
        return scopes.contains(scope);
    }

    /** Whether this run exists for the caller: to a run key there is one run in the world. */
    public boolean sees(UUID someRun) {
        return run == null || run.equals(someRun);
    }
}
