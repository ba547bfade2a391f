package dev.holdfast.run;

import java.util.UUID;

/** What an owner says of its run. */
interface Fenced {
    /**
     * True of every fence. Of a range PostgreSQL believes that hardly anything lies within, so that it looks each run up by its
     * key: expecting ten, it may rather read all that a tenant has in flight, where it has counted that when it was little.
     */
    String FEW = "%s.fence between 0 and " + Long.MAX_VALUE;

    UUID runId();

    /** Of the claim that the owner believes to have. */
    long fence();
}
