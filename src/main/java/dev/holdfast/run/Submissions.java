package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.column;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.event.Actor;
import dev.holdfast.event.Timeline;
import dev.holdfast.lane.LaneDefaults;
import dev.holdfast.lane.Lanes;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.platform.json.Json;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Writes submitted runs, any number in one statement. */
@ApplicationScoped
class Submissions {
    /**
     * A draft that meets a unique index (its subject is active, its idempotency key is used), names no parent of the
     * tenant or asks until a time that is none is left out, and the caller finds out why. Lanes come to be here, when first
     * named. What gates runs is said in a second form only, so that the others pay nothing for it.
     */
    private static String submit(boolean gated) {
        return """
            with draft as (
                select * from unnest(?, ?, cast(? as json[]), ?, cast(? as smallint[]), cast(? as timestamptz[]),
                                     cast(? as interval[]), ?, ?, ?, ?, cast(? as jsonb[]), cast(? as jsonb[]),
                                     cast(? as integer[]), cast(? as interval[]), cast(? as interval[]), ?, ?, ?, ?, ?, ?%s)
                    with ordinality as d (id, lane, input, type, priority, available_at, delay, subject,
                        conversation_id, end_user, concurrency_key, labels, metadata, max_attempts, queue_timeout,
                        run_timeout, parent_run_id, idempotency_key, idempotency_digest, actor_kind, actor_id,
                        correlation_id, %splace)%s
            ), lane as (
                %s
            )%s, submitted as (
                insert into runs (tenant_id, id, lane, type, state, waiting_for, priority, input, metadata, labels, subject,
                    conversation_id, end_user, concurrency_key, parent_run_id, max_attempts, queue_timeout, run_timeout,
                    idempotency_key, idempotency_digest, available_at)
                select ?, d.id, d.lane, d.type, %s, coalesce(d.priority, 0), d.input, d.metadata, d.labels,
                    d.subject, d.conversation_id, d.end_user, d.concurrency_key, d.parent_run_id, d.max_attempts,
                    d.queue_timeout, d.run_timeout, d.idempotency_key, d.idempotency_digest,
                    coalesce(d.available_at, statement_timestamp() + coalesce(d.delay, 'PT0S'))
                from draft d%s
                where d.parent_run_id is null
                   or exists (select from runs r where r.id = d.parent_run_id and r.tenant_id = ?)
                order by d.place
                on conflict do nothing
                returning *
            ), moved as (
                select r.*, '%s' as move, d.actor_kind, d.actor_id, d.correlation_id,
                    cast(null as text) as reason, %s as data, cast(null as bytea) as key_hash
                from submitted r join draft d on d.id = r.id
            ), recorded as (
                %s
            )%s
            select %s from moved r""".formatted(
                gated ? ", cast(? as json[]), cast(? as json[])" : "",
                gated ? "question, args, " : "",
                gated ? " where " + Questions.IN_TIME.formatted("cast(d.question ->> 'deadline' as timestamptz)") : "",
                Lanes.ADD_MISSING,
                gated ? QUESTION : "",
                gated
                        ? "case when q.id is null then 'queued' else 'suspended' end, case when q.id is not null then 'approval' end"
                        : "'queued', null",
                gated ? " left join question q on q.run_id = d.id" : "",
                Move.SUBMITTED.eventType(),
                gated
                        ? "(select %s from question q where q.run_id = r.id)".formatted(Questions.TOLD)
                        : "cast(null as json)",
                Timeline.RECORD_MOVED_OF_CALLS,
                gated ? ", opened as (" + Questions.OPEN + ")" : "",
                RunRow.UNLEASED);
    }

    // A lane that this very statement makes is not seen here yet.
    private static final String QUESTION = """
            , question as (
                select q.*, d.args, d.id as run_id, array[q.asked_with] as keys, %s as until
                from draft d cross join lateral %s
                left join lanes p on p.tenant_id = ? and p.name = d.lane
                where d.question is not null
            )""".formatted(Questions.UNTIL, Questions.READ.formatted("d.question"));

    private static final String SUBMIT = submit(false);

    private static final String SUBMIT_GATED = submit(true);

    private final Database database;
    private final LaneDefaults defaults;
    private final RunMetrics metrics;
    private final Herald herald;

    protected Submissions() { // for the proxy
        this(null, null, null, null);
    }

    @Inject
    Submissions(Database database, LaneDefaults defaults, RunMetrics metrics, Herald herald) {
        this.database = database;
        this.defaults = defaults;
        this.metrics = metrics;
        this.herald = herald;
    }

    /**
     * A submission with the id that it will have.
     *
     * @param digest of the body; null without idempotency key
     * @param key id of the tenant's key that submits; null if it is none
     */
    record Draft(
            UUID id,
            Submission wanted,
            String idempotencyKey,
            byte[] digest,
            UUID key,
            Actor actor,
            String correlationId) {}

    /**
     * Submits what can be submitted, in one commit.
     *
     * @param brief whether to give up rather than to wait for somebody who is about to take a subject or a key
     * @return the new runs; a draft that is not among them was refused
     */
    public List<RunRow> submit(UUID tenant, List<Draft> drafts, boolean brief) {
        var gated = drafts.stream().anyMatch(draft -> draft.wanted().approval() != null);
        var wanted = column(drafts, Draft::wanted);
        var arguments = new ArrayList<Object>(List.of(
                Array.ids(column(drafts, Draft::id)),
                Array.texts(column(wanted, Submission::lane)),
                Array.texts(column(wanted, draft -> Json.text(draft.input()))),
                Array.texts(column(wanted, Submission::type)),
                Array.written(column(wanted, Submission::priority)),
                Array.written(column(wanted, Submission::availableAt)),
                Array.written(column(wanted, Submission::delay)),
                Array.texts(column(wanted, Submission::subject)),
                Array.texts(column(wanted, Submission::conversationId)),
                Array.texts(column(wanted, Submission::endUser)),
                Array.texts(column(wanted, Submission::concurrencyKey)),
                Array.texts(column(wanted, draft -> draft.labels() == null ? null : Json.write(draft.labels()))),
                Array.texts(column(wanted, draft -> Json.text(draft.metadata()))),
                Array.written(column(wanted, Submission::maxAttempts)),
                Array.written(column(wanted, Submission::queueTimeout)),
                Array.written(column(wanted, Submission::runTimeout)),
                Array.ids(column(wanted, Submission::parentRunId)),
                Array.texts(column(drafts, Draft::idempotencyKey)),
                Array.bytes(column(drafts, Draft::digest)),
                Array.texts(column(drafts, draft -> draft.actor().kind().id())),
                Array.texts(column(drafts, draft -> draft.actor().id())),
                Array.texts(column(drafts, Draft::correlationId))));
        if (gated) {
            arguments.add(
                    Array.texts(column(drafts, draft -> document(draft.wanted().approval(), draft.key()))));
            arguments.add(Array.texts(column(wanted, draft -> args(draft.approval()))));
        }
        arguments.addAll(Lanes.missing(defaults.policy(), tenant));
        if (gated) {
            arguments.add(tenant);
        }
        arguments.addAll(List.of(tenant, tenant));
        var submitted =
                database.routinely(tenant, brief).query(gated ? SUBMIT_GATED : SUBMIT, RunRow::of, arguments.toArray());
        metrics.moved(Move.SUBMITTED, submitted.size());
        herald.moved(tenant, submitted, run -> run.availableAt().isAfter(run.submittedAt()));
        return submitted;
    }

    private String document(Question asked, UUID key) {
        return asked == null
                ? null
                : asked.document(
                        UuidCreator.getTimeOrderedEpoch(),
                        key,
                        defaults.policy().approvalTimeout());
    }

    private static String args(Question asked) {
        return asked == null ? null : asked.storedArgs();
    }
}
