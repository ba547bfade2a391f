package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CompletedStage;
import io.quarkus.qute.EvalContext;
import io.quarkus.qute.ValueResolver;
import java.util.concurrent.CompletionStage;

/** {@code run.failure.code}: a member of a JSON object, to a template. */
final class Members implements ValueResolver {
    @Override
    public boolean appliesTo(EvalContext context) {
        return context.getBase() instanceof JsonNode node
                && node.isObject()
                && context.getParams().isEmpty()
                && !Words.isKnown(context.getName());
    }

    @Override
    public CompletionStage<Object> resolve(EvalContext context) {
        return CompletedStage.of(plain(((JsonNode) context.getBase()).get(context.getName())));
    }

    /** Texts, numbers, flags and lists as Java's own; null if there is nothing. */
    static Object plain(JsonNode node) {
        if (node == null || node.isNull() || node.isMissingNode()) {
            return null;
        }
        if (node.isTextual()) {
            return node.textValue();
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        if (node.isArray()) {
            return node.valueStream().map(Members::plain).toList();
        }
        return node.isNumber() ? node.numberValue() : node;
    }
}
