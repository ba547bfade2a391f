package dev.holdfast.bench;

import static org.jobrunr.server.BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration;

import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.jobrunr.configuration.JobRunr;
import org.jobrunr.scheduling.JobScheduler;
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider;

/** JobRunr as it comes, asked to poll as often as it allows. Public, for it calls a method of it. */
public final class JobRunrQueue implements Queue {
    /** Its tables it makes itself. */
    static final String NOTHING =
            "drop table if exists jobrunr_jobs, jobrunr_recurring_jobs, jobrunr_backgroundjobservers, jobrunr_metadata,"
                    + " jobrunr_migrations cascade";

    private static final Duration OFTEN = Duration.ofSeconds(5);

    /** Its jobs are static methods. */
    private static volatile Runnable ended;

    private final PostgresStorageProvider storage;
    private final JobScheduler scheduler;

    JobRunrQueue(DataSource database, Runnable ended) {
        JobRunrQueue.ended = ended;
        storage = new PostgresStorageProvider(database);
        var configuration = JobRunr.configure().useStorageProvider(storage);
        if (ended != null) {
            configuration.useBackgroundJobServer(usingStandardBackgroundJobServerConfiguration()
                    .andPollInterval(OFTEN)
                    .andWorkerCount(WORKERS));
        }
        scheduler = configuration.initialize().getJobScheduler();
    }

    /** What is done in each job. */
    public static void work(Integer input) {
        ended.run();
    }

    @Override
    public void submit() {
        scheduler.enqueue(() -> JobRunrQueue.work(1));
    }

    @Override
    public void submit(List<Integer> inputs) {
        scheduler.enqueue(inputs.stream(), input -> JobRunrQueue.work(input));
    }

    @Override
    public void close() {
        JobRunr.destroy();
    }
}
