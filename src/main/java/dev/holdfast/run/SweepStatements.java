package dev.holdfast.run;

import dev.holdfast.event.Timeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The two forms of a phase, made of one selection: to find what is due, and to move it. The second locks the rows that it
 * is given and repeats the whole selection on them, so that what was true when found and no longer is, is left alone.
 *
 * @param due a select of {@code tenant_id, run_id, rule, outcome, expires_at, evidence} and what the move needs, with a
 *     place for where its rows come from
 * @param searched where they come from to be found: as few as an index can tell, whatever is stored
 * @param locked where they come from to be moved, see {@link #locked}
 * @param move the CTEs from {@code due} to {@code moved}, which has the run's new row and {@code rule, evidence}
 */
record SweepStatements(String phase, Move type, String due, String searched, String locked, String move) {
    /**
     * The rows of these ids that nobody else holds, held. Each is looked up: a limit keeps PostgreSQL, where it has not
     * counted the table's rows yet, from taking them for many and reading the whole table. Takes one argument, the ids.
     */
    static String locked(String table, String id, String alias) {
        return """
            unnest(cast(? as uuid[])) as given (id)
            cross join lateral (select * from %s where %s = given.id limit 1 for update skip locked) %s""".formatted(table, id, alias);
    }

    // The evidence only where it is shown: what is moved tells it by itself.
    // Fair between tenants: the first of each, then the second of each. One tenant's thousands delay nobody's one.
    private String find() {
        return """
            with due as (
                %s
            )
            select tenant_id, run_id, '%s' as phase, rule, outcome, statement_timestamp() as at,
                   case when cast(? as boolean) then evidence end as evidence
            from due
            order by row_number() over (partition by tenant_id order by expires_at, run_id), expires_at, run_id
            limit ?""".formatted(due.formatted(searched), phase);
    }

    private String act() {
        return """
            with due as (
                %s
            ), %s, recorded as (
                %s
            )
            insert into verdicts (tenant_id, run_id, sweep_id, phase, rule, outcome, at, evidence)
            select tenant_id, id, ?, '%s', rule, state, statement_timestamp(), evidence from moved
            returning %s""".formatted(due.formatted(locked), move, Timeline.RECORD_MOVED, phase, Verdict.COLUMNS);
    }

    SweepStatements moving(String move) {
        return new SweepStatements(phase, type, due, searched, locked, move);
    }

    /** The last columns of {@code moved}: the event that tells of the move. Takes the node and the sweep's id. */
    String event(String due) {
        return event(due, "");
    }

    /** The same, with more to tell. @param data members as {@code json_build_object} takes them, each after a comma */
    String event(String due, String data) {
        return """
            '%1$s' as move, 'reaper' as actor_kind, cast(? as text) as actor_id, %2$s.rule as reason,
                json_build_object('sweepId', cast(? as uuid), 'rule', %2$s.rule, 'evidence', %2$s.evidence%3$s) as data,
                cast(null as bytea) as key_hash, %2$s.rule, %2$s.evidence""".formatted(type.eventType(), due, data);
    }

    List<Verdict> find(Database database, List<Object> selection, Warrant warrant, int limit) {
        var arguments = new ArrayList<>(selection);
        arguments.add(warrant.dryRun());
        arguments.add(limit);
        return warrant.rows(database).query(find(), Verdict::of, arguments.toArray());
    }

    List<Verdict> act(Database database, List<Object> selection, List<UUID> runs, Warrant warrant) {
        var arguments = new ArrayList<>(selection);
        arguments.add(Array.ids(runs));
        arguments.add(warrant.node());
        arguments.add(warrant.sweepId());
        arguments.add(warrant.correlationId());
        arguments.add(warrant.sweepId());
        return warrant.rows(database).query(act(), Verdict::of, arguments.toArray());
    }
}
