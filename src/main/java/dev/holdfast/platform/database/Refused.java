package dev.holdfast.platform.database;

import dev.holdfast.platform.problem.Problem;
import jakarta.annotation.Priority;
import jakarta.annotation.Resource;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import jakarta.transaction.TransactionSynchronizationRegistry;
import jakarta.transaction.Transactional;

/**
 * A refusal on its way out of a transaction, which it rolls back. Checked while it passes the container: of any other
 * exception Liberty keeps a record, as of a fault.
 */
final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private Refused(Problem problem) {
        super(problem.getMessage(), problem, false, false);
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
            } catch (Problem problem) {
                transaction.setRollbackOnly();
                throw new Refused(problem);
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
                throw (Problem) refused.getCause();
            }
        }
    }
}
