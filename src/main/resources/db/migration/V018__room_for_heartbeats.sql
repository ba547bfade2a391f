-- Heartbeats that come faster than their former versions may be cleared away need room beside them, to stay HOT.
alter table leases set (fillfactor = 40);
