-- Serves the list of runs that can be resumed, but for those in flight, which their leases tell.
create index runs_resumable on runs (tenant_id, submitted_at desc, id desc)
    where state = 'failed' or waiting_for = 'operator';
