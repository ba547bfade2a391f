package dev.holdfast.approval;

import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Which approvals a list shows: conditions over {@code approvals a}, their arguments in the same order, and what comes first. */
record ApprovalFilter(String conditions, List<Object> arguments, Order order) {
    static final String[] PARAMETERS = {
        "status", "conversationId", "runId", "endUser", "lane", "order", "limit", "cursor"
    };

    /** What a list begins with. */
    enum Order {
        OLDEST("a.requested_at, a.id", "(a.requested_at, a.id) > (?, ?)"),
        NEWEST("a.requested_at desc, a.id desc", "(a.requested_at, a.id) < (?, ?)"),
        /** What has to be decided first. */
        DEADLINE("a.deadline, a.id", "(a.deadline, a.id) > (?, ?)");

        private final String columns;
        private final String after;

        Order(String columns, String after) {
            this.columns = columns;
            this.after = after;
        }

        String columns() {
            return columns;
        }

        /** @throws IllegalArgumentException if it is none */
        static Order of(String id) {
            return Arrays.stream(values())
                    .filter(order -> order.name().toLowerCase(Locale.ROOT).equals(id))
                    .findFirst()
                    .orElseThrow(IllegalArgumentException::new);
        }
    }

    /** Said as the partial index says it. */
    private static final String PENDING = " and a.status = 'pending'";

    private static final Map<String, String> EQUAL =
            Map.of("conversationId", "conversation_id", "endUser", "end_user", "lane", "lane");

    static ApprovalFilter of(Query query) {
        var order = query.parsed("order", "must be oldest, newest or deadline", Order::of)
                .orElse(Order.OLDEST);
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
            conditions.append(" and ").append(order.after);
            arguments.add(cursor.time(0));
            arguments.add(cursor.id(1));
        });
        return new ApprovalFilter(conditions.toString(), arguments, order);
    }

    /** What a conversation waits for. @param endUser null for all of its users */
    static ApprovalFilter pendingOf(String conversation, String endUser) {
        return endUser == null
                ? new ApprovalFilter(PENDING + " and a.conversation_id = ?", List.of(conversation), Order.OLDEST)
                : new ApprovalFilter(
                        PENDING + " and a.conversation_id = ? and a.end_user = ?",
                        List.of(conversation, endUser),
                        Order.OLDEST);
    }

    String cursorAfter(ApprovalRow last) {
        return Cursor.of(order == Order.DEADLINE ? last.deadline() : last.requestedAt(), last.id());
    }
}
