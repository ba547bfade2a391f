-- For a database that was brought back to an earlier state: numbers that were given out since then are not given out a
-- second time. A fence is raised beyond all that any owner may have got, so that no late worker, and nothing that remembers
-- fences, takes the next owner for a former one; new events stand behind all that any reader may have seen. Microseconds
-- since 1970: they run ahead of claims and of transactions, also if the same backup is restored twice.

create table restores (
    word text        not null, -- the administrator's name of this restore
    at   timestamptz not null default statement_timestamp(),
    runs bigint      not null, -- whose fence was raised
    constraint restores_pk primary key (word)
);

-- Once a word: null if it was done before.
create function after_a_restore(new_word text) returns bigint language plpgsql as $$
declare
    beyond bigint := cast(extract(epoch from clock_timestamp()) * 1000000 as bigint);
    raised bigint;
begin
    perform pg_advisory_xact_lock(hashtext('holdfast walls')), set_config('holdfast.everybody', 'on', true);
    if exists (select from restores where word = new_word) then
        return null;
    end if;
    execute format('create or replace function transactions_before() returns bigint language sql immutable'
                   ' parallel safe return cast(%s as bigint)', beyond - this_transaction() + transactions_before());
    update leases set fence = beyond;
    update runs set fence = beyond, version = version + 1 where state not in ('completed', 'cancelled');
    get diagnostics raised = row_count;
    with numbered as (
        update tenants set event_count = event_count + 1 returning id, event_count, event_transaction
    )
    insert into events (tenant_id, run_id, seq, type, actor_kind, fence, data, transaction)
    select id, id, event_count, 'database_restored', 'system', 0, json_build_object('word', new_word, 'fence', beyond),
           event_transaction
    from numbered;
    insert into restores (word, runs) values (new_word, raised);
    return raised;
end $$;
