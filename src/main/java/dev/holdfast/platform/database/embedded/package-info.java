/**
 * A real PostgreSQL that comes with Holdfast and runs when no other database is named.
 *
 * <p>Guarantees:
 *
 * <ul>
 *   <li>A commit that was answered is on disk: {@code fsync}, {@code full_page_writes} and {@code synchronous_commit}
 *       are on and cannot be switched off by a configuration file.
 *   <li>Nobody else gets in by accident: it listens on 127.0.0.1 only and asks for a random password
 *       (scram-sha-256) that only the owner of the data directory can read. Holdfast's own role is no superuser.
 *   <li>One data directory has one owner. A second server on it refuses to start; a PostgreSQL left over by a killed
 *       one is ended cleanly first.
 *   <li>Data of another major version of PostgreSQL is refused, never touched.
 * </ul>
 *
 * <p>Limits: one node, one machine. Several nodes share an external PostgreSQL ({@code HOLDFAST_DB_URL}). Settings may
 * be changed by {@code ALTER SYSTEM}, save those that the guarantees rest on.
 *
 * <p>This package is a jar of its own in the server's {@code lib}, beside pgJDBC; it is never in the WAR. It uses
 * nothing but the JDK, pgJDBC, and Commons Compress to unpack the binaries, which zonky.io builds.
 *
 * <p>The directory:
 *
 * <pre>
 * data/               the cluster
 * data.new/           a cluster whose initdb has not ended; removed at the next start
 * binaries-CHECKSUM/  the unpacked PostgreSQL: here rather than in /tmp, which a reboot empties
 * password            of both roles, readable by the owner only
 * port                the port of the last start, taken again when it is free
 * lock                held by the JVM that owns the directory
 * postgresql.log      what PostgreSQL says; one older one is kept as postgresql.log.1
 * </pre>
 */
package dev.holdfast.platform.database.embedded;
