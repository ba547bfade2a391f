/**
 * Who did what: a tenant's events, and the seals that show whether one was altered, taken away or added.
 *
 * <p><b>Guarantees</b>: an event is sealed once, with all others of its minute, as soon as its minute is over and every
 * transaction that could add one to it has ended; sealing adds no statement to what writes the events. {@link
 * dev.holdfast.audit.CheckExport} needs nothing but what was exported.
 *
 * <p><b>Limits</b>: until it is sealed, an event can be changed unseen. Whoever owns the database can make the whole chain
 * anew: only a hash that was kept elsewhere shows it.
 */
package dev.holdfast.audit;
