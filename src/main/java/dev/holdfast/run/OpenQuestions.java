package dev.holdfast.run;

import java.util.UUID;

/** The questions that runs wait for people to answer, as far as the end of a run ends them. */
public interface OpenQuestions {
    /** Withdraws the run's pending question. Called in the transaction that cancels the run, when its row is written. */
    void withdraw(UUID tenant, UUID run);
}
