package dev.holdfast.bench;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;

/** db-scheduler in its fastest way: many locked and fetched by one statement, what ended is deleted. */
final class DbSchedulerQueue implements Queue {
    /** Its own, of its documentation for PostgreSQL. */
    static final String TABLE = """
            create table if not exists scheduled_tasks (
                task_name text not null, task_instance text not null, task_data bytea, execution_time timestamptz not null,
                picked boolean not null, picked_by text, last_success timestamptz, last_failure timestamptz,
                consecutive_failures int, last_heartbeat timestamptz, version bigint not null, priority smallint,
                primary key (task_name, task_instance));
            create index if not exists execution_time_idx on scheduled_tasks (execution_time);
            create index if not exists last_heartbeat_idx on scheduled_tasks (last_heartbeat);
            create index if not exists priority_execution_time_idx on scheduled_tasks (priority desc, execution_time asc);
            truncate scheduled_tasks""";

    private final OneTimeTask<Integer> task;
    private final SchedulerClient client;
    private final Scheduler scheduler;

    DbSchedulerQueue(DataSource database, Runnable ended) {
        task = Tasks.oneTime("bench", Integer.class).execute((instance, context) -> ended.run());
        client = SchedulerClient.Builder.create(database, task).build();
        scheduler = ended == null ? null : started(database);
    }

    private Scheduler started(DataSource database) {
        var made = Scheduler.create(database, task)
                .threads(WORKERS)
                .pollUsingLockAndFetch(1, 4)
                .pollingInterval(Duration.ofMillis(50))
                .build();
        made.start();
        return made;
    }

    @Override
    public void submit() {
        client.schedule(job(1), Instant.now());
    }

    @Override
    public void submit(List<Integer> inputs) {
        var jobs = new ArrayList<TaskInstance<?>>();
        inputs.forEach(input -> jobs.add(job(input)));
        client.scheduleBatch(jobs, Instant.now());
    }

    private TaskInstance<Integer> job(int input) {
        return task.instance(UUID.randomUUID().toString(), input);
    }

    @Override
    public void close() {
        if (scheduler != null) {
            scheduler.stop();
        }
    }
}
