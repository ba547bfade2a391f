package dev.holdfast.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/** Text that JSON allows and storage does not: an escaped half of a surrogate pair passes the parser, and no UTF-8. */
final class Unicode {
    private Unicode() {}

    /** The text without its byte order mark. @throws CharacterCodingException if it is not UTF-8 in its one right form */
    static String decoded(byte[] utf8) throws CharacterCodingException {
        boolean marked = utf8.length >= 3 && utf8[0] == (byte) 0xEF && utf8[1] == (byte) 0xBB && utf8[2] == (byte) 0xBF;
        var bytes = ByteBuffer.wrap(utf8, marked ? 3 : 0, utf8.length - (marked ? 3 : 0));
        return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString(); // a new decoder reports, never replaces
    }

    /** Whether a member's name or a text anywhere in the document has the property. */
    static boolean anyText(JsonNode node, Predicate<String> property) {
        if (node.isTextual()) {
            return property.test(node.textValue());
        }
        if (node.isObject()) {
            return node.properties().stream()
                    .anyMatch(member -> property.test(member.getKey()) || anyText(member.getValue(), property));
        }
        return node.isArray() && node.valueStream().anyMatch(element -> anyText(element, property));
    }

    static boolean isTorn(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return true;
            }
        }
        return false;
    }
}
