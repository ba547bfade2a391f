package dev.holdfast.run;

import com.fasterxml.jackson.annotation.JsonFormat;
import dev.holdfast.lane.LaneName;
import dev.holdfast.platform.json.Line;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Values;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/** Which runs somebody means, all conditions together; null is no condition. As parameters of a list, or as a body's member. */
record RunFilter(
        @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        @Size(min = 1, message = "must name a state")
        List<
                        @NotNull(message = STATE)
                        @Pattern(
                                regexp = "queued|claimed|running|suspended|completed|failed|cancelled",
                                message = STATE)
                        String>
                state,

        @LaneName String lane,
        @Line String type,
        @Line String subject,
        @Line String conversationId,
        @Line String endUser,
        UUID parentRunId,

        @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) @Size(min = 1, message = LABEL)
        List<@NotNull(message = LABEL) @Pattern(regexp = "[^:\\x00]+:[^\\x00]*", message = LABEL) String> label,

        @Line String workerId,

        @Pattern(regexp = "[a-z0-9_.-]{1,64}", message = "must be 1 to 64 of a-z, 0-9, '_', '.' and '-'")
        String failureCode,

        @Pattern(regexp = "infrastructure|work|human|deadline", message = CATEGORY)
        String category,

        Boolean resumable,
        Boolean stale,
        Instant submittedAfter,
        Instant submittedBefore) {

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
        "resumable",
        "stale",
        "submittedAfter",
        "submittedBefore",
        "limit",
        "cursor"
    };

    private static final String STATE = "must be a state of a run";
    private static final String LABEL = "must be key:value";
    private static final String CATEGORY = "must be infrastructure, work, human or deadline";
    private static final String FLAG = "must be true or false";
    private static final Set<String> CATEGORIES = Set.of("infrastructure", "work", "human", "deadline");

    static RunFilter of(Query query) {
        return new RunFilter(
                query.all("state", STATE, text -> RunState.of(text).id()),
                query.text("lane").orElse(null),
                query.text("type").orElse(null),
                query.text("subject").orElse(null),
                query.text("conversationId").orElse(null),
                query.text("endUser").orElse(null),
                query.parsed("parentRunId", Values.ID, Values::id).orElse(null),
                query.repeated("label", LABEL, RunFilter::label),
                query.text("workerId").orElse(null),
                query.text("failureCode").orElse(null),
                query.parsed("category", CATEGORY, RunFilter::category).orElse(null),
                query.parsed("resumable", FLAG, Values::flag).orElse(null),
                query.parsed("stale", FLAG, Values::flag).orElse(null),
                query.parsed("submittedAfter", Values.TIME, Values::time).orElse(null),
                query.parsed("submittedBefore", Values.TIME, Values::time).orElse(null));
    }

    boolean isEmpty() {
        return Stream.of(
                        state,
                        lane,
                        type,
                        subject,
                        conversationId,
                        endUser,
                        parentRunId,
                        label,
                        workerId,
                        failureCode,
                        category,
                        resumable,
                        stale,
                        submittedAfter,
                        submittedBefore)
                .allMatch(Objects::isNull);
    }

    private static String category(String text) {
        if (!CATEGORIES.contains(text)) {
            throw new IllegalArgumentException();
        }
        return text;
    }

    private static String label(String text) {
        if (text.indexOf(':') < 1 || text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException();
        }
        return text;
    }
}
