package dev.holdfast.lane;

/**
 * The one predicate of liveness, over a row {@code l} of {@code leases} and its lane {@code p}. A lease is stale from
 * the instant of {@link #EXPIRES_AT} on, that instant included: age ≥ limit, by the database's clock.
 */
public final class Staleness {
    /** Whether the owner has sent a heartbeat since its claim. */
    private static final String BEATEN = "l.last_heartbeat_at > l.claimed_at";

    /** Whether the lane judges this lease by silence: else only by the age of its claim. */
    private static final String BY_SILENCE =
            "(p.heartbeat = 'required' or (p.heartbeat = 'optional' and " + BEATEN + "))";

    /** From when on the lease is stale if nothing more is heard. */
    public static final String EXPIRES_AT = "(case when " + BY_SILENCE
            + " then l.last_heartbeat_at + p.heartbeat_timeout else l.claimed_at + p.claim_timeout end)";

    /** Whether the lane's policy says that the owner is dead. */
    public static final String STALE = "(statement_timestamp() >= " + EXPIRES_AT + ")";

    /**
     * True of every stale lease and of few others, with no look at its lane: for statements that search all leases. The
     * shortest silence that any lane minds, and the shortest claim of those that mind claims alone.
     */
    public static final String PERHAPS = """
            (l.last_heartbeat_at <= (select statement_timestamp() - min(heartbeat_timeout) from lanes)
             or l.claimed_at <= (select statement_timestamp() - min(claim_timeout) from lanes where heartbeat = 'none'))""";

    /** By which rule it says so; also the failure code. */
    public static final String RULE =
            "(case when " + BY_SILENCE + " then 'worker_heartbeat_lost' else 'claim_expired' end)";

    private Staleness() {}
}
