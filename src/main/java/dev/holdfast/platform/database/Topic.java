package dev.holdfast.platform.database;

import java.util.Objects;
import java.util.UUID;

/**
 * Where something happened.
 *
 * @param tenant null, as is the key, if it may have been anywhere
 * @param key a lane's name or, of {@link Kind#EVENTS}, a run's id
 */
public record Topic(Kind kind, UUID tenant, String key) {
    /** What happened there. */
    public enum Kind {
        /** A run of the lane became claimable, or the lane's policy was changed. */
        WORK,
        /** A run of the lane will become claimable: the database knows when. */
        LATER,
        /** A run of the lane is no longer in flight: a lane that was full may not be. */
        ROOM,
        /** Events were written into the run's timeline. */
        EVENTS;

        /** Anywhere: there were too many places to name, or some may have been missed. */
        public Topic anywhere() {
            return new Topic(this, null, null);
        }
    }

    public static Topic work(UUID tenant, String lane) {
        return new Topic(Kind.WORK, Objects.requireNonNull(tenant), lane);
    }

    public static Topic later(UUID tenant, String lane) {
        return new Topic(Kind.LATER, Objects.requireNonNull(tenant), lane);
    }

    public static Topic room(UUID tenant, String lane) {
        return new Topic(Kind.ROOM, Objects.requireNonNull(tenant), lane);
    }

    public static Topic events(UUID tenant, UUID run) {
        return new Topic(Kind.EVENTS, Objects.requireNonNull(tenant), run.toString());
    }

    public boolean isAnywhere() {
        return tenant == null;
    }
}
