package dev.holdfast.client;

import java.util.List;

/** A part of a list. {@code nextCursor} is null on the last page. */
public record Page<T>(List<T> items, String nextCursor) {
    /** No items are an empty list. */
    public Page {
        items = items == null ? List.of() : List.copyOf(items);
    }
}
