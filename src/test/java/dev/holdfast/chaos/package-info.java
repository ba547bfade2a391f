/**
 * What becomes of runs when nodes, workers, networks and the database fail under load.
 *
 * <p>A {@link dev.holdfast.chaos.Load} of submitters, workers, approvers and cancellers writes down each call as its caller
 * saw it: answered, refused, or unknown. When all runs have ended, the {@link dev.holdfast.chaos.Checker} holds these
 * notes against what is stored: nothing acknowledged may be missing, nothing may be there twice or without anybody having
 * asked for it, no late owner's write may have counted. The checker does no I/O; that it finds each defect is shown by
 * histories that were spoilt on purpose.
 *
 * <p>The short form of each fault runs in every build, the full one with {@code -Pchaos}; both leave their figures in
 * {@code target/chaos}.
 */
package dev.holdfast.chaos;
