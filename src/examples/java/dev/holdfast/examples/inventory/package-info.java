/**
 * The demonstration: an inventory of the machine's local Maven repository, one run a JAR, worked by four processes of which
 * one is killed on the way. Its lanes expect a beat and allow five seconds of silence, so the reaper soon gives what the
 * killed worker held to the others, and the demonstration ends by itself.
 *
 * <p>Start at {@link dev.holdfast.examples.inventory.Demonstration}. What a worker does is {@link
 * dev.holdfast.examples.inventory.InspectJar}; its process is {@link dev.holdfast.examples.inventory.WorkerProcess}. The
 * report comes of a run of its own, {@link dev.holdfast.examples.inventory.WriteReport}, which reads all results over the API.
 *
 * <p>Limits: the processes run on one machine and read one repository; a worker is frozen before it is killed, so that it
 * surely holds runs, on systems that have {@code kill -STOP}.
 */
package dev.holdfast.examples.inventory;
