package dev.holdfast.platform.database;

import java.sql.SQLException;

/** The database refused a statement or could not be reached; {@link ExpectedErrors} says which. */
public final class DatabaseFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    DatabaseFault(SQLException cause) {
        super(cause);
    }

    @Override
    public synchronized SQLException getCause() {
        return (SQLException) super.getCause();
    }
}
