-- Workers are noted again and again, at most every ten seconds each: room on the page keeps that a HOT update.
alter table pollers set (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
