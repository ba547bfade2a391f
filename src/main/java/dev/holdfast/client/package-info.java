/**
 * The Java client of Holdfast and a worker runtime: JDK {@code HttpClient} and Jackson, no framework.
 *
 * <p>{@link dev.holdfast.client.HoldfastClient} is the whole of a producer's and a claimer's side,
 * {@link dev.holdfast.client.AsyncHoldfast} the same without blocking;
 * {@link dev.holdfast.client.ClaimedRun} is the owner's side of one claim; {@link dev.holdfast.client.Worker} claims,
 * beats, settles and stops on top of them, so that a worker is one {@link dev.holdfast.client.RunHandler}.
 *
 * <p><b>Guarantees</b>
 * <ul>
 *   <li>A call is repeated only where a repeat cannot do harm: reads, heartbeats, complete (answered as replayed),
 *       an ask (the same question), fail, release and sleep (refused by the fence), and submit, with an idempotency key. A claim is never repeated
 *       by the client: a lost answer to it may have been a claim. What was refused as too much (429), or never left this
 *       machine, had no effect and is repeated whatever it is. {@code Retry-After} is kept to.</li>
 *   <li>Of several nodes one is asked as long as it answers; then another.</li>
 *   <li>The worker beats from the moment of the claim until its outcome is settled, so a slow delivery of a result does
 *       not look like death.</li>
 *   <li>Once a run was told to stop, its handler's result is thrown away, whatever the handler returns.</li>
 *   <li>Close lets the last claim call come home and releases what it brought, instead of cutting it and leaving a
 *       claim that nobody holds.</li>
 *   <li>No key appears in a {@code toString}, a message or a log line.</li>
 * </ul>
 *
 * <p><b>Limits</b>
 * <ul>
 *   <li>Side effects are not exactly-once. A worker that cannot reach Holdfast goes on working and may have been
 *       replaced meanwhile: guard what it writes elsewhere with {@link dev.holdfast.client.RunContext#fence()}.</li>
 *   <li>A handler that ignores its interrupt is not stopped; its run is released or lost all the same.</li>
 *   <li>A repeated fail, release or sleep whose first try had landed is answered as lost (409, or 401 as the run's key
 *       died with the claim): the run is where the caller wanted it.</li>
 * </ul>
 *
 * <p>The jar (classifier {@code client}) needs {@code jackson-databind} and {@code jackson-datatype-jsr310}. All classes
 * are safe for use by several threads; values are immutable, save for the {@code JsonNode}s inside, which nobody should
 * change.
 */
package dev.holdfast.client;
