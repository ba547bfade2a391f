package dev.holdfast.platform.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Function;

/** How the API's scalar types look in JSON: each a string, in one form, with one sentence when it is another. */
final class Scalars extends SimpleModule {
    private static final long serialVersionUID = 1;

    Scalars() {
        add(Instant.class, Values::time, Values.TIME);
        add(Duration.class, Values::duration, Values.DURATION);
        add(UUID.class, Values::id, Values.ID);
        addDeserializer(String.class, new FromText<>(String.class, Values::text, Values.TEXT));
    }

    private <T> void add(Class<T> type, Function<String, T> parse, String expected) {
        addDeserializer(type, new FromText<>(type, parse, expected));
        addSerializer(type, new StdScalarSerializer<T>(type) {
            private static final long serialVersionUID = 1;

            @Override
            public void serialize(T value, JsonGenerator out, SerializerProvider provider) throws IOException {
                out.writeString(value.toString());
            }
        });
    }

    private static final class FromText<T> extends StdScalarDeserializer<T> {
        private static final long serialVersionUID = 1;
        private final transient Function<String, T> parse;
        private final String expected;

        FromText(Class<T> type, Function<String, T> parse, String expected) {
            super(type);
            this.parse = parse;
            this.expected = expected;
        }

        @Override
        public T deserialize(JsonParser in, DeserializationContext context) throws IOException {
            if (!in.hasToken(JsonToken.VALUE_STRING)) {
                throw new Unacceptable(in, expected);
            }
            try {
                return parse.apply(in.getText());
            } catch (IllegalArgumentException e) {
                throw new Unacceptable(in, expected);
            }
        }
    }
}
