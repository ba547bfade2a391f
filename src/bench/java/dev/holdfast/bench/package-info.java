/**
 * Measurements. {@code mvn -Pbench} runs {@link dev.holdfast.bench.Bench} and {@code mvn
 * -Pbench-reaper} runs {@link dev.holdfast.bench.ReaperAtScale}, and with {@code -Dbench=KilledWorkers} {@link
 * dev.holdfast.bench.KilledWorkers} with {@code -Dbench=WaitingWorkers} {@link dev.holdfast.bench.WaitingWorkers} or with {@code
 * -Dbench=ConsoleAtScale} {@link dev.holdfast.bench.ConsoleAtScale}, against packaged nodes and a PostgreSQL of their own.
 *
 * <p>They measure and say so; what must hold whatever the machine is asserted by tests instead. On a machine that does
 * other things meanwhile the times mean little, the plans and what they read still mean the same.
 */
package dev.holdfast.bench;
