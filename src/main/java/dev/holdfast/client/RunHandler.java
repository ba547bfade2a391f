package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;

/** The work itself. Called once a claim, on a thread of the worker's, for several runs at a time. */
@FunctionalInterface
public interface RunHandler {
    /**
     * Does the work of one run.
     *
     * @return the run's result; may be null
     * @throws PermanentFailure if no attempt can ever succeed: the run fails at once
     * @throws Exception if this attempt failed: the run is queued again while its budget lasts
     */
    JsonNode handle(RunContext run) throws Exception;
}
