package dev.holdfast.run;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toCollection;

import dev.holdfast.lane.Staleness;
import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The runs {@code r} that a filter lets through: where they come from, the conditions over them and the lease {@code l}
 * and lane {@code p} that they may have, and the arguments of both in the same order.
 */
final class RunSearch {
    private static final String NEWEST_FIRST = "order by f.submitted_at desc, f.id desc";

    private static final String STALE_LEASES = """
            select l.run_id, l.tenant_id from leases l join lanes p on p.tenant_id = l.tenant_id and p.name = l.lane
            where l.tenant_id = ? and %s and %s""".formatted(Staleness.PERHAPS, Staleness.STALE);

    // The stale leases first, and then their runs: not run by run, for it may be the oldest of all that is stale.
    private static final String OF_STALE_LEASE =
            "r.id = any (array(select s.run_id from (%s) s))".formatted(STALE_LEASES);

    // Two short lists, each in order, merged: asked for both at once, PostgreSQL may walk all runs to find the few. The
    // limit keeps it from reading all runs to join them to the few leases.
    private static final String RESUMABLE =
            """
            ((select * from runs f where f.tenant_id = ? and %s %s)
             union all
             (select f.* from (%s) s
              cross join lateral (select * from runs o where o.id = s.run_id and o.tenant_id = s.tenant_id limit 1) f %s))""".formatted(Move.RESUMED.guard("f"), NEWEST_FIRST, STALE_LEASES, NEWEST_FIRST);

    private static final String NOT_STALE = "not coalesce(" + Staleness.STALE + ", false)";

    private static final String NOT_RESUMABLE =
            "not (coalesce(%s, false) and %s)".formatted(Resumptions.ALLOWED, Resumptions.SUBJECT_FREE);

    /** Runs of a state that few are in, newest first, each state by an index of its own. */
    private static final String OF_STATE =
            "(select * from runs f where f.tenant_id = ? and f.state = '%s' " + NEWEST_FIRST + ")";

    private static final String OF_LEASE = """
            (select f.* from leases s
             cross join lateral (select * from runs o where o.id = s.run_id and o.tenant_id = s.tenant_id limit 1) f
             where s.tenant_id = ? %s)""".formatted(NEWEST_FIRST);

    /** Those of a lane by the indexes that begin with it, if there are no more than a few: asked for one too many. */
    private static final String OF_LANE = """
            select id from (
                (select id from runs where tenant_id = ? and lane = ? and ended_at is not null order by ended_at limit ?)
                union all
                (select id from runs where tenant_id = ? and lane = ? and state = 'queued'
                 order by priority desc, available_at, id limit ?)
                union all
                (select id from runs where tenant_id = ? and lane = ? and state = 'suspended' order by id limit ?)
                union all
                (select run_id from leases where tenant_id = ? and lane = ? order by concurrency_key limit ?)) r
            limit ?""";

    /** Those with a label, if there are no more than a few: asked for one too many. */
    private static final String OF_LABEL =
            "select run_id from labels where tenant_id = ? and name = ? and value = ? limit ?";

    /** How the leases of those in flight look, by state. */
    private static final Map<String, String> LEASE =
            Map.of(RunState.CLAIMED.id(), "o.beats = 0", RunState.RUNNING.id(), "o.beats > 0");

    private static final Set<String> RARE = Set.of("queued", "suspended", "failed", "cancelled");

    private static final String OWNED =
            "(r.id, r.tenant_id) in (select o.run_id, o.tenant_id from leases o where o.tenant_id = ? and (%s))";

    /** Of a lane, or with a label, that more runs than these have the newest are soon met among all of the tenant's. */
    private static final int FEW = 1_000;

    /** However many labels are asked for. */
    private static final int MOST_CLUES = 3;

    /** A question that may tell the few runs among which to search, or that they are many. */
    record Clue(String sql, List<Object> arguments) {}

    private final UUID tenant;
    private final List<Clue> clues = new ArrayList<>();
    private String source = "runs";
    private List<Object> ofSource = List.of();
    private final List<String> conditions = new ArrayList<>();
    private final List<Object> arguments = new ArrayList<>();

    UUID tenant() {
        return tenant;
    }

    RunSearch(UUID tenant, RunFilter filter) {
        this.tenant = tenant;
        and("r.tenant_id = ?", tenant);
        if (filter.state() != null && !filter.state().isEmpty()) {
            ofState(new TreeSet<>(filter.state()));
        }
        if (filter.lane() != null) {
            ofLane(filter.lane());
        }
        equal("type", filter.type());
        equal("subject", filter.subject());
        equal("conversation_id", filter.conversationId());
        equal("end_user", filter.endUser());
        equal("parent_run_id", filter.parentRunId());
        equal("worker_id", filter.workerId());
        equal("failure_code", filter.failureCode());
        equal("failure_category", filter.category());
        if (filter.label() != null) {
            filter.label().stream().distinct().forEach(this::withLabel);
        }
        if (filter.submittedAfter() != null) {
            and("r.submitted_at >= ?", filter.submittedAfter());
        }
        if (filter.submittedBefore() != null) {
            and("r.submitted_at < ?", filter.submittedBefore());
        }
        if (filter.stale() != null && filter.stale()) {
            and(OF_STALE_LEASE, tenant);
        } else if (filter.stale() != null) {
            and(NOT_STALE);
        }
        if (filter.resumable() != null && filter.resumable()) {
            onlyResumable();
        } else if (filter.resumable() != null) {
            and(NOT_RESUMABLE);
        }
    }

    /** Those alone that the move would not leave as they are. */
    RunSearch movableBy(Move move) {
        if (move == Move.RESUMED) {
            onlyResumable();
        } else {
            and(move.guard("r"));
        }
        return this;
    }

    /** Those alone that come after the end of a page. */
    RunSearch after(Cursor cursor) {
        and("(r.submitted_at, r.id) < (?, ?)", cursor.time(0), cursor.id(1));
        return this;
    }

    /** What is to be asked before the search itself, until one of them is told to have been enough. */
    List<Clue> clues() {
        return clues;
    }

    /**
     * @param ids what a clue told
     * @return whether it was enough: the search is now among these alone
     */
    boolean within(List<UUID> ids) {
        if (ids.size() > FEW) {
            return false;
        }
        and("r.id = any (?)", Array.ids(ids));
        return true;
    }

    String source() {
        return source;
    }

    String conditions() {
        return String.join(" and ", conditions);
    }

    List<Object> arguments() {
        var all = new ArrayList<>(ofSource);
        all.addAll(arguments);
        return all;
    }

    /**
     * What is in a rare state is found by an index, which serves a statement only if that names the state; or by the
     * leases, which runs in flight have and no others.
     */
    private void ofState(SortedSet<String> states) {
        if (LEASE.keySet().containsAll(states)) {
            and(OWNED.formatted(states.stream().map(LEASE::get).collect(joining(" or "))), tenant);
        } else if (states.size() == 1 && RARE.containsAll(states)) {
            and("r.state = '%s'".formatted(states.first()));
        } else {
            and("r.state = any (?)", Array.texts(List.copyOf(states)));
            onlyRare(states);
        }
    }

    private void onlyRare(SortedSet<String> states) {
        var parts =
                states.stream().filter(RARE::contains).map(OF_STATE::formatted).collect(toCollection(ArrayList::new));
        var others = new TreeSet<>(states);
        others.removeAll(RARE);
        if (LEASE.keySet().containsAll(others)) {
            if (!others.isEmpty()) {
                parts.add(OF_LEASE);
            }
            source = "(" + String.join(" union all ", parts) + ")";
            ofSource = Collections.nCopies(parts.size(), tenant);
        }
    }

    private void ofLane(String lane) {
        equal("lane", lane);
        var arguments = new ArrayList<Object>();
        for (int part = 0; part < 4; part++) {
            Collections.addAll(arguments, tenant, lane, FEW + 1);
        }
        arguments.add(FEW + 1);
        clues.add(new Clue(OF_LANE, arguments));
    }

    /** @param label {@code name:value}, as {@link RunFilter} lets through */
    private void withLabel(String label) {
        int colon = label.indexOf(':');
        var name = label.substring(0, colon);
        var value = label.substring(colon + 1);
        and("r.labels @> cast(? as jsonb)", Json.write(Map.of(name, value)));
        if (clues.size() < MOST_CLUES) {
            clues.add(new Clue(OF_LABEL, List.of(tenant, name, value, FEW + 1)));
        }
    }

    private void onlyResumable() {
        source = RESUMABLE;
        ofSource = List.of(tenant, tenant);
        and(Resumptions.SUBJECT_FREE);
    }

    private void equal(String column, Object value) {
        if (value != null) {
            and("r." + column + " = ?", value);
        }
    }

    private void and(String condition, Object... its) {
        conditions.add(condition);
        Collections.addAll(arguments, its);
    }
}
