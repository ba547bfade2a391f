package dev.holdfast.client;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;

/** A question to people. Each method gives a new question with one thing more said; what is not said is Holdfast's default. */
public final class Question {
    private final ObjectNode body;

    private Question(ObjectNode body) {
        this.body = body;
    }

    /**
     * Whether this action may be done.
     *
     * @param slot names the question within its run: asked again with the same arguments, it is the same question
     * @param action what would be done, for programs
     * @param title what would be done, for people
     */
    public static Question of(String slot, String action, String title) {
        return new Question(
                Json.object().put("slot", slot).put("action", action).put("title", title));
    }

    /** The exact arguments of the action: any value that Jackson can write. */
    public Question args(Object args) {
        return with("args", args);
    }

    /** More about the action, for people. */
    public Question description(String description) {
        return with("description", description);
    }

    /** Until when people may decide; without it, for as long as the lane says. */
    public Question deadline(Instant time) {
        return with("deadline", time);
    }

    /** How long people may take. */
    public Question timeout(Duration timeout) {
        return with("timeout", timeout);
    }

    /** Who may decide, and how many of them must approve; users and roles may be empty, but then anybody with the right may. */
    public Question approvers(Collection<String> roles, Collection<String> users, int required) {
        ObjectNode approvers = Json.object().put("required", required);
        if (!roles.isEmpty()) {
            Json.put(approvers, "roles", roles);
        }
        if (!users.isEmpty()) {
            Json.put(approvers, "users", users);
        }
        return with("approvers", approvers);
    }

    /** What becomes of the run when people deny: {@code continue, fail} or {@code cancel}. */
    public Question onDeny(String outcome) {
        return with("onDeny", outcome);
    }

    /** What becomes of the run when nobody decides in time: {@code fail, deny} or {@code approve}. */
    public Question onExpiry(String outcome) {
        return with("onExpiry", outcome);
    }

    private Question with(String member, Object value) {
        return new Question(Json.put(body.deepCopy(), member, value));
    }

    @JsonValue
    ObjectNode body() {
        return body;
    }
}
