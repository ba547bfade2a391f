/**
 * The conformance kit for workers: {@code mvn -Pconformance -Dworker="python3 src/examples/python/worker.py"}.
 *
 * <p>The kit is a Holdfast of its own that answers as the real one does, until a trial has it lose a reply, take a run away
 * or be busy. It starts the worker's command, hands it runs, and grades what the worker says and does. No Holdfast has to
 * run for it. Its ordinary replies are held against the published contract by a test.
 *
 * <p>The worker finds where to go in {@code HOLDFAST_URL}, {@code HOLDFAST_KEY} and {@code HOLDFAST_LANE}. It claims one run
 * at a time or several, uses the run's key or its own, and does with the input whatever it does:
 * {@code -Dworker.input='{"text":"Ada","seconds":%s}'} is the input of a run that keeps it busy for {@code %s} seconds. The
 * batch routes ({@code /heartbeats}, {@code /completions}) and approvals are not played.
 *
 * <p>Trials are vital or courtesies. Grade A: all passed; B: all vital ones; F: a vital one was missed. The exit code is 0
 * for A alone.
 */
package dev.holdfast.examples.conformance;
