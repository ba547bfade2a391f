package dev.holdfast.platform.json;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.InvalidRequest.Violation;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ElementKind;
import jakarta.validation.Validation;
import jakarta.validation.Validator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Turns a JSON tree into a request record: types, unknown members and constraints, each fault with its field's name. */
public final class Requests {
    private static final String UNKNOWN = "unknown";
    private static final ObjectReader READER = Json.reader().reader().withHandler(new UnknownMembers());
    private static final ClassValue<ObjectReader> READERS =
            new ClassValue<>() { // made once: that costs as much as to read
                @Override
                protected ObjectReader computeValue(Class<?> type) {
                    return READER.forType(type);
                }
            };
    private static final Validator VALIDATOR =
            Validation.buildDefaultValidatorFactory().getValidator();

    private Requests() {}

    /** @throws InvalidRequest naming each field that is unknown, of the wrong type or out of range */
    public static <T> T bind(JsonNode tree, Class<T> type) {
        if (!tree.isObject()) {
            throw new InvalidRequest("", "must be a JSON object");
        }
        var unknown = new ArrayList<Violation>();
        T request;
        try {
            request = READERS.get(type).withAttribute(UNKNOWN, unknown).readValue(tree);
        } catch (JsonMappingException e) {
            if (e.getCause() instanceof InvalidRequest byTheRecordItself) {
                throw byTheRecordItself.within(field(e));
            }
            unknown.add(new Violation(field(e), message(e)));
            throw new InvalidRequest(unknown);
        } catch (IOException e) {
            throw new MalformedJson(e.getMessage());
        }
        for (var violation : VALIDATOR.validate(request)) {
            unknown.add(new Violation(field(violation), violation.getMessage()));
        }
        if (!unknown.isEmpty()) {
            throw new InvalidRequest(unknown);
        }
        return request;
    }

    private static String message(JsonMappingException e) {
        if (e instanceof Unacceptable) {
            return e.getOriginalMessage();
        }
        return e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null
                ? "must be " + inPlainWords(mismatch.getTargetType())
                : "has an unacceptable value";
    }

    private static String inPlainWords(Class<?> type) {
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (Number.class.isAssignableFrom(type) || type.isPrimitive()) {
            return "a whole number in range";
        }
        if (type.isEnum()) {
            return "one of " + Json.write(type.getEnumConstants());
        }
        if (Collection.class.isAssignableFrom(type)) {
            return "an array";
        }
        return type.isRecord() || Map.class.isAssignableFrom(type) ? "an object" : "of another type";
    }

    private static String field(JsonMappingException e) {
        var field = new StringBuilder();
        for (var reference : e.getPath()) {
            if (reference.getFieldName() == null) {
                field.append('[').append(reference.getIndex()).append(']');
            } else {
                field.append(field.isEmpty() ? "" : ".").append(reference.getFieldName());
            }
        }
        return field.toString();
    }

    private static String field(ConstraintViolation<?> violation) {
        var field = "";
        for (var node : violation.getPropertyPath()) {
            if (node.getIndex() != null) {
                field += "[" + node.getIndex() + "]";
            }
            if (node.getKey() != null) {
                field = join(field, node.getKey().toString());
            }
            if (node.getKind() == ElementKind.PROPERTY) {
                field = join(field, nameInJson(violation.getLeafBean(), node.getName()));
            }
        }
        return field;
    }

    private static String join(String field, String member) {
        return field.isEmpty() ? member : field + "." + member;
    }

    // A record cannot name a component "wait"; whoever sent it knows it by no other name.
    private static String nameInJson(Object bean, String component) {
        return Arrays.stream(bean.getClass().getDeclaredFields())
                .filter(field -> field.getName().equals(component) && field.isAnnotationPresent(JsonProperty.class))
                .map(field -> field.getAnnotation(JsonProperty.class).value())
                .findFirst()
                .orElse(component);
    }

    private static final class UnknownMembers extends DeserializationProblemHandler {
        @Override
        public boolean handleUnknownProperty(
                DeserializationContext context,
                JsonParser in,
                JsonDeserializer<?> deserializer,
                Object bean,
                String member)
                throws IOException {
            @SuppressWarnings("unchecked")
            var unknown = (List<Violation>) context.getAttribute(UNKNOWN);
            var path = new StringBuilder();
            for (var at = in.getParsingContext(); at != null && !at.inRoot(); at = at.getParent()) {
                if (at.inArray()) {
                    path.insert(0, "[" + at.getCurrentIndex() + "]");
                } else if (at.getCurrentName() != null) {
                    path.insert(0, "." + at.getCurrentName());
                }
            }
            var name = path.isEmpty() ? member : path.substring(1);
            unknown.add(new Violation(name.isEmpty() ? "(no name)" : name, "is not a member of this request"));
            in.skipChildren();
            return true;
        }
    }
}
