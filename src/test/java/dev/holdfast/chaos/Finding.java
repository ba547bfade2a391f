package dev.holdfast.chaos;

/** One thing that must not be. @param run null if none is stored */
record Finding(Defect defect, String run, String what) {

    enum Defect {
        /** Acknowledged and not there, or there and never ended. */
        LOST,
        /** Done twice: two ends, two owners of one fence, two decisions on one question. */
        DOUBLED,
        /** An owner's write counted after the run had gone to another. */
        STALE_ACCEPTED,
        /** There, and nobody asked for it. */
        PHANTOM,
        /** A timeline that the table of moves does not allow. */
        OUT_OF_ORDER,
        /** A run key that was let in after its claim had ended. */
        KEY_OUTLIVED
    }
}
