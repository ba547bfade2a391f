/**
 * Recurring work. Each firing of a schedule submits one run, whatever the number of nodes: every node looks every
 * few seconds for what is about to be due, and of all of them one moves the schedule on from the time that it fires at, in the transaction that submits
 * the run.
 *
 * <p>Times are those of the schedule's time zone. A time of day that its clock skips, in spring, is made up for at the end of
 * the gap; one that it shows twice, in autumn, fires once. What recurs within the hour goes on through both.
 *
 * <p>Limits: a firing is found up to a second late, up to five if its schedule is newer than that, and later while no node runs; {@code catchUp} says what becomes of those
 * that were missed by more than a minute.
 */
package dev.holdfast.schedule;
