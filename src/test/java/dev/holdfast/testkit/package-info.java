/**
 * What tests stand on: a real PostgreSQL, real servers as processes of their own, and the cluster that all integration
 * tests of a run share.
 *
 * <p>{@link dev.holdfast.testkit.TestPostgres} works in any test. {@link dev.holdfast.testkit.HoldfastServer} and
 * {@link dev.holdfast.testkit.Cluster} need the packaged server, so they are for {@code *IT} classes, which Failsafe
 * runs in one JVM after the packaging. Whatever was started ends with that JVM.
 */
package dev.holdfast.testkit;
