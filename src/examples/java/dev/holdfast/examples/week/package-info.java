/**
 * A week that never was: runs, failures, dead workers and open questions, made by driving the API as producers, workers and
 * people do, then moved into the past by SQL. For looking at the console when it has something to show.
 *
 * <p>Whatever was sealed before it was moved does not match its seal any more: fill a Holdfast that is there to be looked at.
 */
package dev.holdfast.examples.week;
