/**
 * Questions to people about one exact action of one run, and their answers.
 *
 * <p>Guarantees: an approval ends once, as approved, denied, expired or withdrawn, in the transaction that moves its run;
 * a decision after the deadline, by the database's clock, moves nothing, whether a sweep has run or not; whoever loses a
 * race is told what has been decided; what was approved is what may be redeemed, once, by the present owner; a later
 * question inherits nothing from an earlier one.
 *
 * <p>Limits: Holdfast cannot know whether a worker does what it has asked for. It gives the worker one answer, and to the
 * one who redeems it the promise that nobody else has.
 */
package dev.holdfast.approval;
