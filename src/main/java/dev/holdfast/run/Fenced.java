package dev.holdfast.run;

import java.util.UUID;

/** What an owner says of its run. */
interface Fenced {
    UUID runId();

    /** Of the claim that the owner believes to have. */
    long fence();
}
