-- What is looked for and may be rare among very many. Neither is touched by a run that ends well.
create index runs_cancelled on runs (tenant_id, submitted_at desc, id desc) where state = 'cancelled';
create index events_reaped on events (tenant_id, transaction, run_id, seq) where type = 'reaped';
