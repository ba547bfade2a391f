/**
 * A tenant's events, sent to where it wants them.
 *
 * <p>The events' table is the outbox: an event is written in the transaction of what it tells of, and nothing besides. A
 * webhook is a place in the tenant's order of events ({@link dev.holdfast.event.TenantTimeline}), before which nothing
 * comes to stand any more. {@link dev.holdfast.webhook.Couriers} of any node take the webhooks that are behind, each held by
 * one at a time; a {@link dev.holdfast.webhook.Courier} sends one event after the other and moves the place on when it has
 * been taken. So nothing is missed, the order is kept, and an event comes more than once only if an answer was lost.
 *
 * <p>{@link dev.holdfast.webhook.Gate} decides where a message may go, and {@link dev.holdfast.webhook.Sender} goes to the very
 * address that was checked.
 *
 * <p>Limits: an event that a receiver does not take holds those behind it, until it is taken, the webhook is disabled, or
 * somebody moves its place on. A transaction that stays open anywhere in the database holds all events of higher
 * numbers. Events are kept as long as their lane keeps runs: a webhook that is disabled for longer misses some.
 */
package dev.holdfast.webhook;
