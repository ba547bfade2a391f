package dev.holdfast.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A tenant of a test's own, so that its counts are exact whatever others do: with a key of every scope but system. */
public final class Tenant {
    /** Every scope of a tenant. */
    public static final List<String> SCOPES =
            List.of("runs:submit", "runs:read", "runs:operate", "runs:work", "approvals:decide", "keys:manage");

    private final UUID id = UUID.randomUUID();
    private final String key;
    private final Rows rows;
    private final Api api;

    private Tenant(Rows rows, HoldfastServer node) {
        this.rows = rows;
        rows.change("insert into tenants (id, name) values (?, ?)", id, "tenant " + id);
        key = newKey(SCOPES);
        api = at(node);
    }

    public static Tenant newOn(HoldfastServer node, Rows rows) {
        return new Tenant(rows, node);
    }

    public UUID id() {
        return id;
    }

    public Api api() {
        return api;
    }

    public Api at(HoldfastServer node) {
        return Api.at(node.uri()).withKey(key);
    }

    /** One more key of this tenant, of any scopes, {@code system} too. */
    public String newKey(Collection<String> scopes) {
        var made = "a-tenant-key-of-a-test-" + UUID.randomUUID();
        rows.change(
                "insert into api_keys (tenant_id, id, name, prefix, hash, scopes)"
                        + " values (?, ?, 'key of a test', 'hft_', sha256(convert_to(?, 'UTF8')), cast(? as text[]))",
                id,
                UUID.randomUUID(),
                made,
                "{" + String.join(",", scopes) + "}");
        return made;
    }

    /** Declares a lane that is not there yet. */
    public JsonNode lane(String name, Map<String, ?> policy) {
        return api.put("/api/v1/lanes/" + name, policy).expect(201).json();
    }

    /** A run of this lane, claimed and not beaten. */
    public Claimed claimed(String lane) {
        return claimed(lane, Map.of());
    }

    public Claimed claimed(String lane, Map<String, ?> members) {
        var run = api.submit(lane, members).path("id").asText();
        var claim = api.claimOne("worker-of-" + lane, lane);
        if (!claim.runId().equals(run)) {
            throw new AssertionError("lane " + lane + " held another run to claim, " + claim.runId());
        }
        return claim;
    }

    /** A run of this lane whose owner has sent a heartbeat. */
    public Claimed beating(String lane) {
        return beaten(claimed(lane));
    }

    public Claimed beaten(Claimed claim) {
        api.beat(claim).expect(200);
        return claim;
    }

    /** Makes it so that the claim, never beaten, is this old. */
    public Claimed claimedAgo(Claimed claim, Duration age) {
        return shifted(claim, age, age);
    }

    /** Makes it so that the run was claimed, and last beaten, so long ago. */
    public Claimed shifted(Claimed claim, Duration sinceClaim, Duration sinceBeat) {
        rows.shift(claim.runId(), sinceClaim, sinceBeat);
        return claim;
    }

    /**
     * So many runs of this lane, claimed and never beaten, the first of them so long ago and each next one a millisecond
     * later: made of rows, for the tests that need thousands.
     *
     * @return their claims, the oldest first; without run keys
     */
    public List<Claimed> manyClaimedAgo(String lane, int number, Duration age) {
        rows.change("""
                with made as (
                    insert into runs (tenant_id, id, lane, state, last_state, fence, attempt, worker_id, submitted_at, available_at,
                                      claimed_at, event_count, version)
                    select ?, gen_random_uuid(), ?, 'claimed', 'queued', 1, 1, 'worker-' || n, at, at, at, 2, 2
                    from generate_series(1, ?) n
                    cross join lateral (
                        select statement_timestamp() - cast(? as interval) + n * interval 'PT0.001S' as at) t
                    returning *
                ), leased as (
                    insert into leases (tenant_id, run_id, lane, fence, worker_id, claimed_at, last_heartbeat_at, key_hash,
                                        key_expires_at, key_dies_at)
                    select tenant_id, id, lane, fence, worker_id, claimed_at, claimed_at, sha256(uuid_send(id)),
                           statement_timestamp() + interval 'PT2H', statement_timestamp() + interval 'P1D'
                    from made
                )
                insert into events (tenant_id, run_id, seq, type, actor_kind, from_state, to_state, fence)
                select m.tenant_id, m.id, e.* from made m
                cross join (values (1, 'submitted', 'producer', null, 'queued', 0),
                                   (2, 'claimed', 'worker', 'queued', 'claimed', 1)) e""", id, lane, number, age.toString());
        return rows
                .all("select run_id from leases where tenant_id = ? and lane = ? order by last_heartbeat_at", id, lane)
                .stream()
                .map(row -> new Claimed(row.get("run_id").toString(), 1, null, null))
                .toList();
    }

    /** Sweeps this tenant. */
    public JsonNode sweep(Map<String, ?> order) {
        return api.post("/api/v1/sweeps", order).expect(200).json();
    }

    /** Sweeps this tenant's leases by its lanes' policies. */
    public JsonNode sweepLeases() {
        return sweep(Map.of("phases", List.of("leases")));
    }

    public JsonNode run(String id) {
        return api.run(id);
    }

    public JsonNode explain(String id) {
        return api.get("/api/v1/runs/" + id + "/explain").expect(200).json();
    }

    public List<JsonNode> events(String id) {
        return List.copyOf(api.get("/api/v1/runs/" + id + "/events")
                .expect(200)
                .json()
                .withArray("items")
                .valueStream()
                .toList());
    }

    /** All that is stored of this tenant. */
    public String everything() {
        return rows.everythingOf(id).toString();
    }

    /** The same but for what a tenant is told beside runs, in its own row and events: that somebody swept, say. */
    public String everythingOfRuns() {
        return rows.everythingOf(id).stream()
                .filter(row -> !row.startsWith("[tenants ") && !row.contains("(" + id + "," + id + ","))
                .toList()
                .toString();
    }
}
