package dev.holdfast.run;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.platform.json.Canonical;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.json.Line;
import dev.holdfast.platform.json.Within;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.InvalidRequest.Violation;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * What an approval asks of people: one exact action of one run. Null wherever the asker leaves it open.
 *
 * @param slot in which the run asks: the same slot and args again are the same question
 * @param deadline by the database's clock; with neither it nor a timeout, the lane's approvalTimeout counts
 */
public record Question(
        @NotNull(message = "is required") @Line String slot,
        @NotNull(message = "is required") @Line String action,
        JsonNode args,
        @NotNull(message = "is required") @Line String title,

        @Size(min = 1, max = 10_000, message = "must be 1 to 10000 characters")
        String description,

        Boolean delegated,
        Instant deadline,
        @Within(min = "PT1S", max = "P366D") Duration timeout,
        @Valid Approvers approvers,
        OnDeny onDeny,
        OnExpiry onExpiry) {

    /** Says what is wrong with a deadline that only the database can judge. */
    public static final String DEADLINE = "must be in the future and at most 366 days ahead";

    private static final String NAMES = "must have 1 to 100 items";

    /** Who may decide: whoever has one of the roles or names, of nobody else; anybody if none are named. */
    public record Approvers(
            @Size(min = 1, max = 100, message = NAMES) List<@NotNull(message = "must be a role") @Line String> roles,
            @Size(min = 1, max = 100, message = NAMES) List<@NotNull(message = "must be a name") @Line String> users,

            @Min(value = 1, message = "must be from 1 to 100") @Max(value = 100, message = "must be from 1 to 100")
            Integer required) {

        /** @throws InvalidRequest if nobody could ever be enough */
        public Approvers {
            if (required != null && roles == null && users != null && required > users.size()) {
                throw new InvalidRequest(
                        "required", "must not exceed the number of users, for nobody else may approve");
            }
        }
    }

    /** What a denial does to the run. */
    public enum OnDeny {
        /** The run is queued again, and its worker is told. */
        CONTINUE,
        FAIL,
        CANCEL;

        @JsonValue
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What counts when nobody has decided by the deadline. */
    public enum OnExpiry {
        FAIL,
        DENY,
        APPROVE;

        @JsonValue
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @throws InvalidRequest for what no single field can say */
    public Question {
        var violations = new ArrayList<Violation>();
        if (deadline != null && timeout != null) {
            violations.add(new Violation("timeout", "cannot be given together with deadline"));
        }
        if (!Canonical.carries(args)) {
            violations.add(new Violation("args", Canonical.NUMBERS));
        }
        if (!violations.isEmpty()) {
            throw new InvalidRequest(violations);
        }
    }

    /** The args as they are stored: JSON, {@code null} if there are none. */
    String storedArgs() {
        return args == null ? "null" : Json.write(args);
    }

    public byte[] digest() {
        return Canonical.digest(args);
    }

    /**
     * All but the args, as a document that statements read: see {@link Questions}.
     *
     * @param id that the approval will have
     * @param askedWith id of the tenant's key that asks; null if it is none
     * @param standard timeout where the lane is too young to have one
     */
    String document(UUID id, UUID askedWith, Duration standard) {
        var members = new LinkedHashMap<String, Object>();
        members.put("id", id);
        members.put("slot", slot);
        members.put("action", action);
        members.put("title", title);
        members.put("description", description);
        members.put("digest", "\\x" + HexFormat.of().formatHex(digest()));
        members.put("delegated", Boolean.TRUE.equals(delegated));
        members.put("deadline", deadline);
        members.put("timeout", timeout);
        members.put("standard", standard);
        members.put("roles", approvers == null ? null : approvers.roles());
        members.put("users", approvers == null ? null : approvers.users());
        members.put("required", approvers == null || approvers.required() == null ? 1 : approvers.required());
        members.put("on_deny", onDeny == null ? OnDeny.CONTINUE : onDeny);
        members.put("on_expiry", onExpiry == null ? OnExpiry.FAIL : onExpiry);
        members.put("asked_with", askedWith);
        return Json.write(members);
    }
}
