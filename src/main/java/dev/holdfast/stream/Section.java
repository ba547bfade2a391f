package dev.holdfast.stream;

import dev.holdfast.event.Event;
import dev.holdfast.event.Place;
import dev.holdfast.event.TenantEvent;
import java.util.List;

/**
 * The events after a place, as many as are read at once.
 *
 * @param reached where the next section begins
 * @param more whether there may be more
 * @param held whether there are more that are not to be shown yet, since something may still come to stand before them
 */
public record Section(List<Entry> entries, Place reached, boolean more, boolean held) {
    /** @param lane null for an event that is of none @param frame the event as a stream has it */
    public record Entry(Place place, Event event, String lane, byte[] frame) {
        /** The event as one among all of its tenant. */
        public TenantEvent ofTenant() {
            return new TenantEvent(event, place.transaction(), place);
        }
    }
}
