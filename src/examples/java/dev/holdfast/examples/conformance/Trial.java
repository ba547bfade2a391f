package dev.holdfast.examples.conformance;

/**
 * One thing that a worker has to get right.
 *
 * @param promise what a worker that passes does
 * @param vital whether a worker that misses it loses work or harms another's; else it is a courtesy
 */
record Trial(String name, boolean vital, String promise, Play play) {
    /** Plays the trial, on a stage where the worker waits for runs. */
    interface Play {
        void on(Trials stage) throws Missed, InterruptedException;
    }

    static Trial vital(String name, String promise, Play play) {
        return new Trial(name, true, promise, play);
    }

    static Trial courtesy(String name, String promise, Play play) {
        return new Trial(name, false, promise, play);
    }
}
