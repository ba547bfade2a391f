package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;

/** JSON for somebody who decides by what they read. */
final class Legible {
    private Legible() {}

    /** Indented. What would not show, or would let the rest show in another order, is written as an escape: the same JSON. */
    static String of(JsonNode json) {
        var pretty = json.toPrettyString();
        var text = new StringBuilder(pretty.length());
        pretty.codePoints().forEach(c -> {
            if (c == '\n' || shows(c)) {
                text.appendCodePoint(c);
            } else {
                for (char half : Character.toChars(c)) {
                    text.append("\\u%04x".formatted((int) half));
                }
            }
        });
        return text.toString();
    }

    private static boolean shows(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }
}
