package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.column;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.event.Actor;
import dev.holdfast.key.Caller;
import dev.holdfast.platform.database.Convoy;
import dev.holdfast.platform.database.ExpectedErrors;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.json.Requests;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Unknown;
import dev.holdfast.run.Submissions.Draft;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What producers do with runs, and whoever watches them. */
@ApplicationScoped
public class RunLifecycle {
    /** A refused draft whose reason is gone when looked for is submitted again; nobody can be that unlucky. */
    private static final int TRIES = 10;

    private final Convoy<UUID, Draft, Optional<RunRow>> producers = new Convoy<>(this::submitTogether, Draft::id);
    private final Submissions submissions;
    private final Runs runs;
    private final Explanations explanations;
    private final Questions questions;

    protected RunLifecycle() { // for the proxy
        this(null, null, null, null);
    }

    @Inject
    RunLifecycle(Submissions submissions, Runs runs, Explanations explanations, Questions questions) {
        this.explanations = explanations;
        this.submissions = submissions;
        this.runs = runs;
        this.questions = questions;
    }

    /** @param isNew false if the idempotency key had made this run before */
    public record Submitted(RunRow run, boolean isNew) {}

    /** Submits one run, or finds the one that the same key and body made. @param idempotencyKey null if none was given */
    public Submitted submit(Caller caller, JsonNode body, String idempotencyKey, String correlationId) {
        var wanted = Requests.bind(body, Submission.class);
        var digest = idempotencyKey == null ? null : Json.digest(body);
        return submit(caller, wanted, idempotencyKey, digest, correlationId).orThrow();
    }

    /** Submits a run that no caller has asked for, in the present transaction. @param wanted a submission's members */
    public RunRow submit(UUID tenant, Actor actor, Map<String, ?> wanted, String correlationId) {
        var submission = Requests.bind(Json.tree(wanted), Submission.class);
        var draft = new Draft(UuidCreator.getTimeOrderedEpoch(), submission, null, null, null, actor, correlationId);
        return submissions.submit(tenant, List.of(draft), false).get(0);
    }

    /** Submits what can be submitted, in one commit; each answer is in its submission's place. */
    public List<Outcome<RunRow>> submitAll(Caller caller, List<Submission> wanted, String correlationId) {
        var drafts = wanted.stream()
                .map(one -> draft(caller, one, null, null, correlationId))
                .toList();
        var submitted = submitted(caller.tenant(), drafts, false);
        return drafts.stream()
                .map(draft -> submitted.containsKey(draft.id())
                        ? Outcome.done(submitted.get(draft.id()))
                        : again(caller, draft.wanted(), correlationId))
                .toList();
    }

    public RunRow find(Caller caller, UUID id) {
        return Optional.of(id)
                .filter(caller::sees)
                .flatMap(seen -> runs.find(caller.tenant(), seen))
                .orElseThrow(() -> new Unknown("run", id));
    }

    Explanation explain(Caller caller, UUID id) {
        return explanations.of(caller.tenant(), id).orElseThrow(() -> new Unknown("run", id));
    }

    private Outcome<RunRow> again(Caller caller, Submission wanted, String correlationId) {
        var outcome = submit(caller, wanted, null, null, correlationId);
        return outcome.problem() == null ? Outcome.done(outcome.value().run()) : Outcome.refused(outcome.problem());
    }

    private Outcome<Submitted> submit(
            Caller caller, Submission wanted, String idempotencyKey, byte[] digest, String correlationId) {
        var draft = draft(caller, wanted, idempotencyKey, digest, correlationId);
        for (int attempt = 0; attempt < TRIES; attempt++) {
            var made = producers.join(caller.tenant(), draft);
            if (made.isPresent()) {
                return Outcome.done(new Submitted(made.get(), true));
            }
            var answer = whyNot(caller.tenant(), draft);
            if (answer != null) {
                return answer;
            }
        }
        throw ExpectedErrors.unavailable("a submit lost each race");
    }

    private List<Optional<RunRow>> submitTogether(UUID tenant, List<Draft> drafts) {
        var submitted = submitted(tenant, drafts, drafts.size() > 1);
        return column(drafts, draft -> Optional.ofNullable(submitted.get(draft.id())));
    }

    private Map<UUID, RunRow> submitted(UUID tenant, List<Draft> drafts, boolean brief) {
        return submissions.submit(tenant, drafts, brief).stream()
                .collect(Collectors.toMap(RunRow::id, Function.identity()));
    }

    private static Draft draft(
            Caller caller, Submission wanted, String idempotencyKey, byte[] digest, String correlationId) {
        return new Draft(
                UuidCreator.getTimeOrderedEpoch(),
                wanted,
                idempotencyKey,
                digest,
                caller.id(),
                new Actor(Actor.Kind.PRODUCER, caller.name()),
                correlationId);
    }

    /** Why a draft was left out; null if the reason has gone meanwhile. */
    private Outcome<Submitted> whyNot(UUID tenant, Draft draft) {
        var wanted = draft.wanted();
        if (draft.idempotencyKey() != null) {
            var former = runs.submittedWith(tenant, draft.idempotencyKey());
            if (former.isPresent()) {
                return MessageDigest.isEqual(former.get().idempotencyDigest(), draft.digest())
                        ? Outcome.done(new Submitted(former.get(), false))
                        : Outcome.refused(new Problem(
                                422,
                                "idempotency_key_reused",
                                "This Idempotency-Key came with another body before; a new request needs a new key."));
            }
        }
        if (wanted.parentRunId() != null
                && runs.find(tenant, wanted.parentRunId()).isEmpty()) {
            return Outcome.refused(new InvalidRequest("parentRunId", "must be the id of a run"));
        }
        if (wanted.subject() != null) {
            var active = runs.activeAbout(tenant, wanted.lane(), wanted.subject());
            if (active.isPresent()) {
                return Outcome.refused(new SubjectActive(active.get()));
            }
        }
        if (wanted.approval() != null
                && !questions.mayEnd(tenant, wanted.approval().deadline())) {
            return Outcome.refused(new InvalidRequest("approval.deadline", Question.DEADLINE));
        }
        return null;
    }
}
