package dev.holdfast.bench;

import dev.holdfast.testkit.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * What has been used so far: processor time by Linux' count, write-ahead log, transactions, of which a statement of a
 * machine's call is one, heartbeats and those of them that were HOT.
 */
record Costs(
        double nodeMicros,
        double postgresMicros,
        double ownMicros,
        long walBytes,
        long transactions,
        long beats,
        long hotBeats) {
    private static final double MICROS_A_TICK = 10_000;
    private static final int USER_TICKS = 11;

    /** Of children that have ended, as those of connections that are closed. */
    private static final int CHILDREN_TICKS = 13;

    static Costs now(ProcessHandle node, Rows rows) {
        var postmaster = postmaster();
        var wal = rows.one("select cast(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as bigint) as bytes");
        var leases = rows.one(
                "select n_tup_upd as all, n_tup_hot_upd as hot from pg_stat_user_tables where relname = 'leases'");
        return new Costs(
                micros(node),
                micros(postmaster)
                        + micros(postmaster, CHILDREN_TICKS)
                        + postmaster.children().mapToDouble(Costs::micros).sum(),
                micros(ProcessHandle.current()),
                (long) wal.get("bytes"),
                rows.count(
                        "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"),
                (long) leases.get("all"),
                (long) leases.get("hot"));
    }

    Costs since(Costs before) {
        return new Costs(
                nodeMicros - before.nodeMicros,
                postgresMicros - before.postgresMicros,
                ownMicros - before.ownMicros,
                walBytes - before.walBytes,
                transactions - before.transactions,
                beats - before.beats,
                hotBeats - before.hotBeats);
    }

    /** What a node and its database take for so long while nobody calls, in words. */
    static String idle(ProcessHandle node, Rows rows, Duration time) throws InterruptedException {
        var before = now(node, rows);
        Thread.sleep(time.toMillis());
        var used = now(node, rows).since(before);
        return String.format(
                Locale.ROOT,
                "Idle for %s: %d MB, %.1f transactions a second, %.1f %% of a processor",
                time,
                megabytes(node),
                used.transactions() / (double) time.toSeconds(),
                used.nodeMicros() / time.toNanos() * 1e5);
    }

    /** Resident memory of a process. */
    static long megabytes(ProcessHandle process) {
        return read(process, "statm", 1) * 4096 >> 20;
    }

    private static ProcessHandle postmaster() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().command().orElse("").endsWith("/postgres"))
                .filter(process -> process.parent()
                        .flatMap(parent -> parent.info().command())
                        .filter(command -> command.endsWith("/postgres"))
                        .isEmpty())
                .filter(Costs::isOurs)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no PostgreSQL of this bench is running"));
    }

    private static boolean isOurs(ProcessHandle process) {
        try {
            var directory = Path.of(System.getProperty("holdfast.it")).toRealPath();
            return Path.of("/proc/" + process.pid() + "/cwd").toRealPath().startsWith(directory);
        } catch (IOException e) {
            return false;
        }
    }

    private static double micros(ProcessHandle process) {
        return micros(process, USER_TICKS);
    }

    private static double micros(ProcessHandle process, int ticks) {
        return (read(process, "stat", ticks) + read(process, "stat", ticks + 1)) * MICROS_A_TICK;
    }

    // Of a process that has just ended there is nothing to read any more.
    private static long read(ProcessHandle process, String file, int field) {
        try {
            var text = Files.readString(Path.of("/proc/" + process.pid() + "/" + file));
            return Long.parseLong(
                    text.substring(text.lastIndexOf(')') + 1).strip().split(" ")[field]);
        } catch (IOException e) {
            return 0;
        }
    }
}
