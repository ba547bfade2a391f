package dev.holdfast.run;

import dev.holdfast.lane.Staleness;
import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The conditions over a run {@code r}, the lease {@code l} and lane {@code p} that it may have, and their arguments in the same order. */
final class RunSearch {
    // The stale leases first, and then their runs: not run by run, for it may be the oldest of all that is stale.
    private static final String OF_STALE_LEASE =
            "r.id = any (array(%s))".formatted("""
            select l.run_id from leases l join lanes p on p.tenant_id = l.tenant_id and p.name = l.lane
            where l.tenant_id = ? and %s and %s""".formatted(Staleness.PERHAPS, Staleness.STALE));

    private static final String NOT_STALE = "not coalesce(" + Staleness.STALE + ", false)";

    private static final String RESUMABLE =
            "(%s or %s) and %s".formatted(Move.RESUMED.guard("r"), OF_STALE_LEASE, Resumptions.SUBJECT_FREE);

    private static final String NOT_RESUMABLE =
            "not (coalesce(%s, false) and %s)".formatted(Resumptions.ALLOWED, Resumptions.SUBJECT_FREE);

    private final UUID tenant;
    private final List<String> conditions = new ArrayList<>();
    private final List<Object> arguments = new ArrayList<>();

    RunSearch(UUID tenant, RunFilter filter) {
        this.tenant = tenant;
        and("r.tenant_id = ?", tenant);
        if (filter.state() != null && !filter.state().isEmpty()) {
            and("r.state = any (?)", Array.texts(filter.state()));
        }
        equal("lane", filter.lane());
        equal("type", filter.type());
        equal("subject", filter.subject());
        equal("conversation_id", filter.conversationId());
        equal("end_user", filter.endUser());
        equal("parent_run_id", filter.parentRunId());
        equal("worker_id", filter.workerId());
        equal("failure_code", filter.failureCode());
        equal("failure_category", filter.category());
        if (filter.label() != null) {
            filter.label().forEach(label -> and("r.labels @> cast(? as jsonb)", toJson(label)));
        }
        if (filter.submittedAfter() != null) {
            and("r.submitted_at >= ?", filter.submittedAfter());
        }
        if (filter.submittedBefore() != null) {
            and("r.submitted_at < ?", filter.submittedBefore());
        }
        flag(filter.stale(), OF_STALE_LEASE, NOT_STALE);
        flag(filter.resumable(), RESUMABLE, NOT_RESUMABLE);
    }

    /** Those alone that the move would not leave as they are. */
    RunSearch movableBy(Move move) {
        if (move == Move.RESUMED) {
            and(RESUMABLE, tenant);
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

    String conditions() {
        return String.join(" and ", conditions);
    }

    List<Object> arguments() {
        return arguments;
    }

    private void equal(String column, Object value) {
        if (value != null) {
            and("r." + column + " = ?", value);
        }
    }

    private void flag(Boolean wanted, String condition, String otherwise) {
        if (wanted != null && wanted) {
            and(condition, tenant);
        } else if (wanted != null) {
            and(otherwise);
        }
    }

    private void and(String condition, Object... its) {
        conditions.add(condition);
        Collections.addAll(arguments, its);
    }

    private static String toJson(String label) {
        int colon = label.indexOf(':');
        return Json.write(Map.of(label.substring(0, colon), label.substring(colon + 1)));
    }
}
