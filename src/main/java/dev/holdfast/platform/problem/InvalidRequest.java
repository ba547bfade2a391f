package dev.holdfast.platform.problem;

import java.util.List;
import java.util.stream.Collectors;

/** The request is well-formed but not acceptable: 400 {@code invalid_request}, naming each field. */
public final class InvalidRequest extends Problem {
    private static final long serialVersionUID = 1;

    private final transient List<Violation> violations;

    /** @param field the member's path, a query parameter's or a header's name; empty for the body itself */
    public record Violation(String field, String message) {}

    public InvalidRequest(String field, String message) {
        this(List.of(new Violation(field, message)));
    }

    public InvalidRequest(List<Violation> violations) {
        super(400, "invalid_request", sentence(violations));
        this.violations = violations;
        with("violations", violations);
    }

    /** The same, of a request that is a member of another. @param member its path; empty for the body itself */
    public InvalidRequest within(String member) {
        return member.isEmpty()
                ? this
                : new InvalidRequest(violations.stream()
                        .map(one -> new Violation(member + "." + one.field(), one.message()))
                        .toList());
    }

    private static String sentence(List<Violation> violations) {
        return violations.stream()
                .map(violation ->
                        (violation.field().isEmpty() ? "The body" : violation.field()) + " " + violation.message())
                .collect(Collectors.joining("; ", "", "."));
    }
}
