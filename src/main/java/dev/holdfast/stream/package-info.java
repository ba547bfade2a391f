/**
 * Live streams of events over HTTP, as server-sent events.
 *
 * <p>A stream is a place in the database's order of events and a client: nothing else is kept. Whoever comes back, to any
 * node, with the id of the last event that it has seen, is given all that came after, once, in order. Within a run that
 * order is that of its timeline. Among all events of a tenant it is that of {@link dev.holdfast.event.TenantTimeline}.
 *
 * <p>{@link dev.holdfast.stream.Rounds} read for all streams of the node that lack something, {@link
 * dev.holdfast.stream.Outlet} and {@link dev.holdfast.stream.Writers} write. What a client has not taken is not read on for
 * it: it holds one section of events in memory, at most, and no thread while it has nothing to take.
 *
 * <p>Limits: who does not read holds a thread until the server's write time-out. A revoked key or a disabled tenant ends a
 * stream within a ping's interval, not at once.
 */
package dev.holdfast.stream;
