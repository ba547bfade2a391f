package dev.holdfast.event;

import dev.holdfast.platform.json.Cursor;
import java.util.UUID;

/** Where an event stands among all of its tenant. @param timeline the run, or the tenant for one of its own */
public record Place(long transaction, UUID timeline, long number) {
    private static final UUID HIGHEST = new UUID(-1, -1);

    /** Behind all that is written ever. */
    public static final Place LAST = after(Long.MAX_VALUE);

    /** Behind all that the transaction wrote; 0 for before all that is written ever. */
    public static Place after(long transaction) {
        return new Place(transaction, HIGHEST, Integer.MAX_VALUE);
    }

    public static Place of(Cursor cursor) {
        return new Place(cursor.number(0), cursor.id(1), cursor.number(2));
    }

    public String cursor() {
        return Cursor.of(transaction, timeline, number);
    }
}
