package dev.holdfast.key;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/** What a key may do; each is also the role's name that a resource method asks for. */
public final class Scope {
    public static final String SUBMIT = "runs:submit";
    public static final String READ = "runs:read";
    public static final String OPERATE = "runs:operate";
    public static final String WORK = "runs:work";
    public static final String DECIDE = "approvals:decide";
    public static final String MANAGE_KEYS = "keys:manage";

    /** All tenants: sweeps, tenants. Never granted over the API. */
    public static final String SYSTEM = "system";

    /** The scope of a run key: its own run, and nothing else. */
    public static final String OWN_RUN = "run";

    /** What a key of a tenant can be given. */
    public static final Set<String> OF_TENANT =
            Set.copyOf(Arrays.asList(SUBMIT, READ, OPERATE, WORK, DECIDE, MANAGE_KEYS));

    private Scope() {}

    /** Every scope of a tenant, and {@link #SYSTEM}: what the first key has. */
    static Set<String> all() {
        var all = OF_TENANT.stream().sorted().collect(Collectors.toCollection(LinkedHashSet::new));
        all.add(SYSTEM);
        return all;
    }
}
