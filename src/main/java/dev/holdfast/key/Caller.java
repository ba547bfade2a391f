package dev.holdfast.key;

import java.security.Principal;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

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

    private static final Map<String, String> ROLES =
            Map.of("approver", Scope.DECIDE, "operator", Scope.OPERATE, "administrator", Scope.MANAGE_KEYS);

    @Override
    public String getName() {
        return name;
    }

    public boolean may(String scope) {
        return scopes.contains(scope);
    }

    /** What the caller is to an approval that asks for roles: approver, operator, administrator. */
    public Set<String> roles() {
        return ROLES.keySet().stream().filter(role -> may(ROLES.get(role))).collect(Collectors.toSet());
    }

    /** Whether this run exists for the caller: to a run key there is one run in the world. */
    public boolean sees(UUID someRun) {
        return run == null || run.equals(someRun);
    }
}
