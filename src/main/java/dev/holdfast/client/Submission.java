package dev.holdfast.client;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;

/** A run to be submitted. Each method gives a new submission with one thing more said; what is not said is Holdfast's default. */
public final class Submission {
    private final ObjectNode body;

    private Submission(ObjectNode body) {
        this.body = body;
    }

    /** A run in this lane; a lane that does not exist yet is made with defaults. */
    public static Submission to(String lane) {
        return new Submission(Json.object().put("lane", lane));
    }

    /** Any value that Jackson can write. */
    public Submission input(Object input) {
        return with("input", input);
    }

    /** What kind of work it is, for whoever handles it. */
    public Submission type(String type) {
        return with("type", type);
    }

    /** What the run is about: at most one active run per lane and subject. */
    public Submission subject(String subject) {
        return with("subject", subject);
    }

    /** One more label, by which runs are found. */
    public Submission label(String name, String value) {
        Submission copy = new Submission(body.deepCopy());
        copy.body.withObject("/labels").put(name, value);
        return copy;
    }

    /** From -100 to 100, higher first. */
    public Submission priority(int priority) {
        return with("priority", priority);
    }

    /** Not claimable before this time of the database's clock. */
    public Submission availableAt(Instant time) {
        return with("availableAt", time);
    }

    /** Not claimable before this much time has passed. */
    public Submission delay(Duration delay) {
        return with("delay", delay);
    }

    /** The conversation that it belongs to, whose pending approvals are listed together. */
    public Submission conversationId(String conversationId) {
        return with("conversationId", conversationId);
    }

    /** On whose behalf it is done. */
    public Submission endUser(String endUser) {
        return with("endUser", endUser);
    }

    /** Runs of one key share the lane's {@code maxInFlight}. */
    public Submission concurrencyKey(String key) {
        return with("concurrencyKey", key);
    }

    /** Any value that Jackson writes as an object. */
    public Submission metadata(Object metadata) {
        return with("metadata", metadata);
    }

    /** In place of the lane's budget of failures: at so many the run is failed. */
    public Submission maxAttempts(int attempts) {
        return with("maxAttempts", attempts);
    }

    /** The longest wait in the queue. */
    public Submission queueTimeout(Duration timeout) {
        return with("queueTimeout", timeout);
    }

    /** The total life, all attempts together. */
    public Submission runTimeout(Duration timeout) {
        return with("runTimeout", timeout);
    }

    /** The run that this one comes of. */
    public Submission parentRunId(String runId) {
        return with("parentRunId", runId);
    }

    /** The question that gates the run: it is claimed by nobody until people have decided. */
    public Submission approval(Question question) {
        return with("approval", question);
    }

    private Submission with(String member, Object value) {
        return new Submission(Json.put(body.deepCopy(), member, value));
    }

    @JsonValue
    ObjectNode body() {
        return body;
    }
}
