package dev.holdfast.platform.database;

import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Problem;
import jakarta.persistence.OptimisticLockException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Optional;

/** The one place that knows which database errors are part of the day's work, and what to say then. */
public final class ExpectedErrors {
    private static final Distress DISTRESS = new Distress();

    private ExpectedErrors() {}

    /** The answer to a fault of the database, or empty if the fault is none that is expected. */
    public static Optional<Problem> problem(Throwable thrown) {
        for (var cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                if (away(sql)) {
                    return Optional.of(unavailable(state(sql) + " " + sql.getMessage()));
                }
                if (state(sql).startsWith("22")) { // data exception: a value that PostgreSQL cannot hold
                    return Optional.of(new InvalidRequest("", "holds a value that cannot be stored"));
                }
            }
        }
        return Optional.empty();
    }

    /** Whether a person's transaction was undone because somebody else was first: it is to be judged anew. */
    public static boolean lostRace(Throwable thrown) {
        for (var cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof OptimisticLockException
                    || cause instanceof SQLException sql
                            && (lostToAnother(sql) || state(sql).equals("23505"))) {
                return true;
            }
        }
        return false;
    }

    /** Whether nobody was let in, or the connection broke: by itself this may be otherwise in a moment. */
    static boolean passes(Throwable thrown) {
        for (var cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql
                    && (isCutOff(sql) || state(sql).equals("53300"))) {
                return true;
            }
        }
        return false;
    }

    /** Whether the database refused a statement of its own, and so surely did nothing of it; it was there to do so. */
    static boolean undone(Throwable thrown) {
        return thrown instanceof DatabaseFault fault
                && (!away(fault.getCause()) || state(fault.getCause()).matches("40...|55P03|57014"));
    }

    /** Whether the statement was rolled back for the sake of another and may simply be said again. */
    static boolean lostToAnother(SQLException e) {
        return state(e).equals("40P01") || state(e).equals("40001");
    }

    /** Whether the connection is no more. */
    static boolean isCutOff(SQLException e) {
        return state(e).startsWith("08") || state(e).startsWith("57P0");
    }

    /** @param why for the log, which tells it now and then: one who only reads the answer cannot know what to mend */
    public static Problem unavailable(String why) {
        DISTRESS.say(why);
        return new Problem(
                        503,
                        "database_unavailable",
                        "The database cannot answer now; nothing is known to be changed. Try again.")
                .header("Retry-After", "2");
    }

    private static boolean away(SQLException e) {
        var state = state(e);
        return e instanceof SQLTransientConnectionException // also Liberty's pool: no connection within its time
                || state.startsWith("08") // connection
                || state.startsWith("53") // out of connections, memory, disk
                || state.startsWith("57") // shut down, cancelled by a time-out
                || state.startsWith("40") // lost to another, and again
                || state.equals("25006") // a standby: not yet promoted
                || state.equals("55P03"); // lock time-out
    }

    private static String state(SQLException e) {
        return e.getSQLState() == null ? "" : e.getSQLState();
    }
}
