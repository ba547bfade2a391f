-- At each start. A dump restored into another database, which counts its transactions from lower numbers: new events would
-- stand before the old ones, and no seal would find them. So these count on from the highest number there is.
do $$
declare ahead bigint;
begin
    perform pg_advisory_xact_lock(hashtext('holdfast transactions'));
    select max(greatest(e.transaction, s.last_transaction)) - this_transaction() into ahead
    from tenants t
    left join lateral (select transaction from events where tenant_id = t.id order by transaction desc limit 1) e on true
    left join lateral (select last_transaction from seals where tenant_id = t.id order by number desc limit 1) s on true;
    if ahead >= 0 then
        execute format('create or replace function transactions_before() returns bigint language sql immutable parallel safe'
                       ' return cast(%s as bigint)', transactions_before() + ahead + 1);
    end if;
end $$;
