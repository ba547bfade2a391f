package dev.holdfast.approval;

import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Which approvals a list shows: conditions over {@code approvals a}, their arguments in the same order. */
record ApprovalFilter(String conditions, List<Object> arguments) {
    static final String[] PARAMETERS = {"status", "conversationId", "runId", "endUser", "lane", "limit", "cursor"};

    /** Said as the partial index says it. */
    private static final String PENDING = " and a.status = 'pending'";

    private static final Map<String, String> EQUAL =
            Map.of("conversationId", "conversation_id", "endUser", "end_user", "lane", "lane");

    static ApprovalFilter of(Query query) {
        var conditions = new StringBuilder();
        var arguments = new ArrayList<Object>();
        var statuses = query.all("status", "must be a status of an approval", text -> Status.of(text)
                .id());
        if (statuses.isEmpty() || statuses.equals(List.of(Status.PENDING.id()))) {
            conditions.append(PENDING);
        } else {
            conditions.append(" and a.status = any (?)");
            arguments.add(Array.texts(statuses));
        }
        EQUAL.forEach((parameter, column) -> query.text(parameter).ifPresent(value -> {
            conditions.append(" and a.").append(column).append(" = ?");
            arguments.add(value);
        }));
        query.parsed("runId", Values.ID, Values::id).ifPresent(run -> {
            conditions.append(" and a.run_id = ?");
            arguments.add(run);
        });
        query.cursor().ifPresent(cursor -> {
            conditions.append(" and (a.requested_at, a.id) > (?, ?)");
            arguments.add(cursor.time(0));
            arguments.add(cursor.id(1));
        });
        return new ApprovalFilter(conditions.toString(), arguments);
    }

    /** What a conversation waits for. @param endUser null for all of its users */
    static ApprovalFilter pendingOf(String conversation, String endUser) {
        return endUser == null
                ? new ApprovalFilter(PENDING + " and a.conversation_id = ?", List.of(conversation))
                : new ApprovalFilter(
                        PENDING + " and a.conversation_id = ? and a.end_user = ?", List.of(conversation, endUser));
    }

    static String cursorAfter(ApprovalRow last) {
        return Cursor.of(last.requestedAt(), last.id());
    }
}
