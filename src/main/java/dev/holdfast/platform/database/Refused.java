package dev.holdfast.platform.database;

import dev.holdfast.platform.problem.Problem;
import jakarta.annotation.Priority;
import jakarta.annotation.Resource;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import jakarta.transaction.TransactionSynchronizationRegistry;
import jakarta.transaction.Transactional;
import jakarta.transaction.TransactionalException;

/**
 * A refusal or a lost race on its way out of a transaction, which it rolls back. Checked while it passes the container:
 * of any other exception Liberty keeps a record, as of a fault.
 */
final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private Refused(RuntimeException what) {
        super(what.getMessage(), what, false, false);
    }

    private RuntimeException what() {
        return (RuntimeException) getCause();
    }

    /** Nearer to the use case than the transaction is. */
    @Transactional
    @Interceptor
    @Priority(Interceptor.Priority.PLATFORM_BEFORE + 300)
    static class Within {
        @Resource(lookup = "java:comp/TransactionSynchronizationRegistry")
        TransactionSynchronizationRegistry transaction;

        @AroundInvoke
        Object proceed(InvocationContext call) throws Exception {
            try {
                return call.proceed();
            } catch (RuntimeException e) {
                if (!(e instanceof Problem) && !ExpectedErrors.lostRace(e)) {
                    throw e;
                }
                transaction.setRollbackOnly();
                throw new Refused(e);
            }
        }
    }

    /** Around the transaction. */
    @Transactional
    @Interceptor
    @Priority(Interceptor.Priority.PLATFORM_BEFORE + 100)
    static class Around {
        @AroundInvoke
        Object proceed(InvocationContext call) throws Exception {
            try {
                return call.proceed();
            } catch (Refused refused) {
                throw refused.what();
            } catch (TransactionalException e) {
                throw e.getCause() instanceof Refused refused ? refused.what() : e;
            }
        }
    }
}
