package dev.holdfast.run;

import dev.holdfast.lane.Staleness;
import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Which runs a list shows: conditions over {@code runs r}, their arguments in the same order. */
record RunFilter(String conditions, List<Object> arguments) {
    static final String[] PARAMETERS = {
        "state",
        "lane",
        "type",
        "subject",
        "conversationId",
        "endUser",
        "parentRunId",
        "label",
        "workerId",
        "failureCode",
        "category",
        "stale",
        "submittedAfter",
        "submittedBefore",
        "limit",
        "cursor"
    };

    // The stale leases first, and then their runs: not run by run, for it may be the oldest of all that is stale.
    private static final String STALE =
            " and r.id = any (array(%s))".formatted("""
            select l.run_id from leases l join lanes p on p.tenant_id = l.tenant_id and p.name = l.lane
            where l.tenant_id = ? and %s and %s""".formatted(Staleness.PERHAPS, Staleness.STALE));

    private static final String NOT_STALE = " and not coalesce(" + Staleness.STALE + ", false)";

    private static final Map<String, String> EQUAL = Map.of(
            "lane", "lane",
            "type", "type",
            "subject", "subject",
            "conversationId", "conversation_id",
            "endUser", "end_user",
            "workerId", "worker_id",
            "failureCode", "failure_code");

    private static final Set<String> CATEGORIES = Set.of("infrastructure", "work", "human", "deadline");

    static RunFilter of(Query query, UUID tenant) {
        var conditions = new StringBuilder();
        var arguments = new ArrayList<Object>();
        var states = query.all(
                "state", "must be a state of a run", text -> RunState.of(text).id());
        if (!states.isEmpty()) {
            conditions.append(" and r.state = any (?)");
            arguments.add(Array.texts(states));
        }
        EQUAL.forEach((parameter, column) -> query.text(parameter).ifPresent(value -> {
            conditions.append(" and r.").append(column).append(" = ?");
            arguments.add(value);
        }));
        query.parsed("category", "must be infrastructure, work, human or deadline", RunFilter::category)
                .ifPresent(category -> {
                    conditions.append(" and r.failure_category = ?");
                    arguments.add(category);
                });
        query.parsed("parentRunId", Values.ID, Values::id).ifPresent(parent -> {
            conditions.append(" and r.parent_run_id = ?");
            arguments.add(parent);
        });
        for (var label : query.repeated("label", "must be key:value", RunFilter::label)) {
            conditions.append(" and r.labels @> cast(? as jsonb)");
            arguments.add(label);
        }
        query.parsed("submittedAfter", Values.TIME, Values::time).ifPresent(time -> {
            conditions.append(" and r.submitted_at >= ?");
            arguments.add(time);
        });
        query.parsed("submittedBefore", Values.TIME, Values::time).ifPresent(time -> {
            conditions.append(" and r.submitted_at < ?");
            arguments.add(time);
        });
        query.parsed("stale", "must be true or false", Values::flag).ifPresent(stale -> {
            conditions.append(stale ? STALE : NOT_STALE);
            if (stale) {
                arguments.add(tenant);
            }
        });
        query.cursor().ifPresent(cursor -> {
            conditions.append(" and (r.submitted_at, r.id) < (?, ?)");
            arguments.add(cursor.time(0));
            arguments.add(cursor.id(1));
        });
        return new RunFilter(conditions.toString(), arguments);
    }

    static String cursorAfter(RunRow last) {
        return Cursor.of(last.submittedAt(), last.id());
    }

    private static String category(String text) {
        if (!CATEGORIES.contains(text)) {
            throw new IllegalArgumentException();
        }
        return text;
    }

    private static String label(String text) {
        int colon = text.indexOf(':');
        if (colon < 1 || text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException();
        }
        return Json.write(Map.of(text.substring(0, colon), text.substring(colon + 1)));
    }
}
