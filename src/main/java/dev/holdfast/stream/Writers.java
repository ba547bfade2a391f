package dev.holdfast.stream;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads that write to clients: a few for all that read, and one more for each that does not, until it is dropped. */
@ApplicationScoped
class Writers implements Executor {
    private static final int USUAL = 4;
    private static final int LET_GO_SECONDS = 5;

    @Resource
    ManagedThreadFactory threads;

    private ThreadPoolExecutor pool;

    @PostConstruct
    void open() {
        pool = new ThreadPoolExecutor(
                USUAL, Integer.MAX_VALUE, LET_GO_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
        pool.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable writing) {
        pool.execute(writing);
    }

    /** Makes up for so many of the threads, which wait for clients. */
    void makeUpFor(int stuck) {
        if (pool.getCorePoolSize() != USUAL + stuck) {
            pool.setCorePoolSize(USUAL + stuck);
        }
    }

    @PreDestroy
    void close() {
        pool.shutdown();
    }
}
