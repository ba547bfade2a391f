package dev.holdfast.platform.json;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.Consumer;

/** The one way in which Holdfast reads and writes JSON: strict in what it takes, numbers kept to the digit. */
public final class Json {
    /** Deeper documents are refused: no honest payload needs it, and recursion on them costs the stack. */
    static final int MAX_DEPTH = 100;

    /** Numbers that are longer when written out are refused: none that is meant needs it, and they cost out of all measure. */
    static final int MAX_DIGITS = 400;

    /** More names and values are refused, however large a body may be: each costs many times its length in memory. */
    static final int MAX_TOKENS = 200_000;

    private static final JsonMapper MAPPER = mapper();
    private static final JsonMapper SORTED =
            MAPPER.rebuild().enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED).build();

    private Json() {}

    /**
     * The document; of nothing but white space a missing node.
     *
     * @throws MalformedJson if the bytes are not one well-formed JSON document in UTF-8
     */
    public static JsonNode parse(byte[] utf8) {
        try {
            // Decoded first: Jackson itself would take UTF-16, and forms of UTF-8 that hide a character.
            var tree = MAPPER.readTree(Unicode.decoded(utf8));
            if (Unicode.anyText(tree, Unicode::isTorn)) {
                throw new MalformedJson("a string holds half of a surrogate pair, which UTF-8 cannot carry");
            }
            if (anyNumberTooLong(tree)) {
                throw new MalformedJson(MalformedJson.LIMITS);
            }
            return tree;
        } catch (CharacterCodingException e) {
            throw new MalformedJson("it is not in UTF-8");
        } catch (JsonProcessingException e) {
            throw new MalformedJson(e);
        } catch (NumberFormatException e) { // an exponent that no number of Java's holds
            throw new MalformedJson(MalformedJson.LIMITS);
        }
    }

    /** Compact text, or null for an absent or null node. */
    public static String text(JsonNode node) {
        return node == null || node.isNull() ? null : write(node);
    }

    /** Whether a name or text in the document holds U+0000, which {@code jsonb} cannot. */
    public static boolean holdsNul(JsonNode node) {
        return Unicode.anyText(node, text -> text.indexOf('\0') >= 0);
    }

    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SHA-256 of the document whatever the order of its members and its white space. */
    public static byte[] digest(JsonNode node) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(SORTED.writeValueAsBytes(node));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** What a value of Java's is in JSON. */
    public static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /** Parses text that Holdfast itself stored; null stays null. */
    public static JsonNode stored(String text) {
        try {
            return text == null ? null : MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("a stored document is not JSON", e);
        }
    }

    /** What a stored document says, as such a thing. */
    public static <T> T stored(JsonNode document, Class<T> type) {
        try {
            return MAPPER.treeToValue(document, type);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("a stored document is no " + type.getSimpleName(), e);
        }
    }

    /** Each of the documents that follow one another in a file, one at a time. */
    public static void each(InputStream file, Consumer<JsonNode> reader) throws IOException {
        try (MappingIterator<JsonNode> documents =
                MAPPER.readerFor(JsonNode.class).readValues(file)) {
            documents.forEachRemaining(reader);
        }
    }

    // Ten bytes such as 1e130000 would become a hundred thousand in jsonb, and in whoever reads them.
    private static boolean anyNumberTooLong(JsonNode node) {
        if (node.isBigDecimal()) {
            var number = node.decimalValue();
            long digits = Math.max(number.precision(), Math.abs((long) number.scale()))
                    + (number.scale() < 0 ? number.precision() : 0);
            return digits > MAX_DIGITS;
        }
        return node.isContainerNode() && node.valueStream().anyMatch(Json::anyNumberTooLong);
    }

    static JsonMapper reader() {
        return MAPPER;
    }

    private static JsonMapper mapper() {
        var constraints = StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxNumberLength(MAX_DIGITS)
                .maxTokenCount(MAX_TOKENS)
                .build();
        return JsonMapper.builder(JsonFactory.builder()
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .streamReadConstraints(constraints)
                        .build())
                .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
                .withCoercionConfig(LogicalType.Textual, textual -> textual.setCoercion(
                                CoercionInputShape.Integer, CoercionAction.Fail)
                        .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                        .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
                .visibility(PropertyAccessor.ALL, Visibility.NONE)
                .visibility(PropertyAccessor.FIELD, Visibility.ANY)
                .visibility(PropertyAccessor.CREATOR, Visibility.ANY)
                .serializationInclusion(JsonInclude.Include.NON_NULL)
                .addModule(new Scalars())
                .build();
    }
}
