-- Serves the search for runs that waited too long, and that search alone: the state is asked for in a form that no other
-- index has, so that PostgreSQL never walks the whole queue for the few runs that bring a limit of their own.
drop index runs_with_queue_timeout;
create index runs_with_queue_timeout on runs (((available_at at time zone 'UTC') + queue_timeout))
    where queue_timeout is not null and coalesce(state = 'queued', false);
