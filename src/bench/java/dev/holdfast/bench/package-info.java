/**
 * Measurements, each a program of its own against the packaged server: {@code mvn -Pbench} runs {@link
 * dev.holdfast.bench.ReaperAtScale}, {@code mvn -Pbench -Dbench=KilledWorkers} runs {@link dev.holdfast.bench.KilledWorkers}.
 *
 * <p>They measure and say so; what must hold whatever the machine is asserted by tests instead. On a machine that does
 * other things meanwhile the times mean little, the plans and what they read still mean the same.
 */
package dev.holdfast.bench;
