package dev.holdfast.client;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;

/** JSON as Holdfast speaks it: absent instead of null, times and durations as text, unknown members passed over. */
final class Json {
    static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .serializationInclusion(JsonInclude.Include.NON_NULL)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS, SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            // A payload is the caller's: 0.1 and 20-digit numbers come back as they went in.
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** Sets the member unless the value is null: absent values are left out. */
    static ObjectNode put(ObjectNode object, String member, Object value) {
        if (value != null) {
            object.set(member, MAPPER.valueToTree(value));
        }
        return object;
    }

    static <T> T read(JsonNode node, Class<T> type) {
        return read(node, MAPPER.constructType(type));
    }

    static <T> T read(JsonNode node, JavaType type) {
        try {
            return MAPPER.treeToValue(node, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "The reply is not a " + type.getRawClass().getSimpleName() + ": " + e.getOriginalMessage(), e);
        }
    }
}
