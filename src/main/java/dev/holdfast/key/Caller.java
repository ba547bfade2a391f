package dev.holdfast.key;

import java.security.Principal;
import java.util.Set;
import java.util.UUID;

/**
 * Who is asking: the tenant, what they may do, and for a run key the one run that it is for. Comes from the credential
 * alone, never from what the request says.
 *
 * @param id of the key; null for a run key and for a person
 * @param name as shown in the timeline
 * @param run null unless the caller holds a run key
 * @param fence the claim that the run key was issued for
 * @param roles a person's roles and groups as Liberty knows them; of a key, what its scopes come to
 */
public record Caller(UUID tenant, UUID id, String name, Set<String> scopes, UUID run, long fence, Set<String> roles)
        implements Principal {
    static final String ATTRIBUTE = Caller.class.getName();

    /** The holder of a key. */
    public Caller(UUID tenant, UUID id, String name, Set<String> scopes, UUID run, long fence) {
        this(tenant, id, name, scopes, run, fence, Role.ofKey(scopes));
    }

    /** Somebody who has logged in. */
    public static Caller person(UUID tenant, String name, Set<String> scopes, Set<String> roles) {
        return new Caller(tenant, null, name, scopes, null, 0, roles);
    }

    @Override
    public String getName() {
        return name;
    }

    public boolean may(String scope) {
        return scopes.contains(scope);
    }

    /** By which nobody else is known: names are chosen, and need not be one's own. */
    public String credential() {
        return id == null ? "person:" + name : "key:" + id;
    }

    /** Whether somebody logged in, rather than something holding a key. */
    public boolean isPerson() {
        return id == null && run == null;
    }

    /** What tells this caller from all others. */
    Object identity() {
        if (isPerson()) {
            return name;
        }
        return run == null ? id : run;
    }

    /** Whether this run exists for the caller: to a run key there is one run in the world. */
    public boolean sees(UUID someRun) {
        return run == null || run.equals(someRun);
    }
}
