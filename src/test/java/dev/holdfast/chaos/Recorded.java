package dev.holdfast.chaos;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import dev.holdfast.chaos.History.Line;
import dev.holdfast.chaos.History.Question;
import dev.holdfast.chaos.History.Stored;
import dev.holdfast.testkit.Rows;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** Reads what is stored of a tenant's runs, behind the nodes' back. */
record Recorded(Rows rows, UUID tenant) {

    History with(Notes notes) {
        var timelines = timelines();
        var questions = questions();
        var runs = rows.all("""
                        select r.id, r.idempotency_key, r.state, r.fence, l.fence as leased
                        from runs r left join leases l on l.run_id = r.id and l.tenant_id = r.tenant_id
                        where r.tenant_id = ?""", tenant).stream()
                .map(row -> new Stored(
                        text(row, "id"),
                        text(row, "idempotency_key"),
                        text(row, "state"),
                        (Long) row.get("fence"),
                        (Long) row.get("leased"),
                        timelines.getOrDefault(text(row, "id"), List.of()),
                        questions.getOrDefault(text(row, "id"), List.of())))
                .toList();
        return new History(notes.calls(), runs);
    }

    private Map<String, List<Line>> timelines() {
        return rows.all("""
                        select run_id, seq, type, from_state, to_state, fence, actor_id, data ->> 'waitingFor' as waiting_for,
                               coalesce(data ->> 'approvalId', data ->> 'token') as token
                        from events where tenant_id = ? order by run_id, seq""", tenant).stream()
                .collect(groupingBy(row -> text(row, "run_id"), mapping(Recorded::line, toList())));
    }

    private Map<String, List<Question>> questions() {
        return rows.all("""
                        select a.run_id, a.id, a.status, array_agg(d.reason) as deciders
                        from approvals a left join decisions d on d.approval_id = a.id and d.tenant_id = a.tenant_id
                        where a.tenant_id = ? group by a.run_id, a.id, a.status""", tenant).stream()
                .collect(groupingBy(row -> text(row, "run_id"), mapping(Recorded::question, toList())));
    }

    private static Line line(Map<String, Object> row) {
        return new Line(
                (Integer) row.get("seq"),
                text(row, "type"),
                text(row, "from_state"),
                text(row, "to_state"),
                (Long) row.get("fence"),
                text(row, "actor_id"),
                text(row, "waiting_for"),
                text(row, "token"));
    }

    private static Question question(Map<String, Object> row) {
        try {
            var deciders = (String[]) ((java.sql.Array) row.get("deciders")).getArray();
            return new Question(
                    text(row, "id"),
                    text(row, "status"),
                    java.util.stream.Stream.of(deciders)
                            .filter(Objects::nonNull)
                            .toList());
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(Map<String, Object> row, String column) {
        return row.get(column) == null ? null : row.get(column).toString();
    }
}
