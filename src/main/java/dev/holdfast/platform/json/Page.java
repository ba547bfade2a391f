package dev.holdfast.platform.json;

import java.util.List;
import java.util.function.Function;

/** A page of a list. @param nextCursor null on the last page */
public record Page<T>(List<T> items, String nextCursor) {
    /** Of what was found when one more than the limit was asked for: that one only says that there is more. */
    public static <T> Page<T> of(List<T> found, int limit, Function<T, String> cursor) {
        if (found.size() <= limit) {
            return new Page<>(found, null);
        }
        var items = found.subList(0, limit);
        return new Page<>(items, cursor.apply(items.get(limit - 1)));
    }
}
