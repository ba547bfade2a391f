-- Serves the question whether a full lane has runs of keys that are not full, without a look at the runs that have none.
create index runs_keyed_to_claim on runs (tenant_id, lane, concurrency_key, available_at)
    where state = 'queued' and concurrency_key is not null;
