package dev.holdfast.examples.conformance;

/**
 * One thing that a worker has to get right.
 *
 * @param promise what a worker that passes does
 * @param live whether it needs a worker that runs, and does not just look back on what was
 * @param vital whether a worker that misses it loses work or harms another's; else it is a courtesy
 */
record Trial(String name, boolean vital, boolean live, String promise, Play play) {
    /** Plays the trial, on a stage where the worker waits for runs. */
    interface Play {
        void on(Trials stage) throws Missed, InterruptedException;
    }

    static Trial vital(String name, String promise, Play play) {
        return new Trial(name, true, true, promise, play);
    }

    static Trial courtesy(String name, String promise, Play play) {
        return new Trial(name, false, true, promise, play);
    }

    static Trial lookingBack(String name, String promise, Play play) {
        return new Trial(name, false, false, promise, play);
    }
}
