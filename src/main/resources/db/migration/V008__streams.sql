-- Within one timeline the tenant's order of events is that of their numbers too. A transaction gets its own number when it
-- first writes; it may then wait for a run that one of a higher number holds, and write its event after that one's. So a
-- timeline remembers the highest number that it has seen, and an event stands no lower: it is shown a moment later.
alter table runs add column event_transaction bigint not null default this_transaction();
alter table tenants add column event_transaction bigint not null default this_transaction();

create function keep_events_in_order() returns trigger language plpgsql as $$
begin
    new.event_transaction := greatest(old.event_transaction, this_transaction());
    return new;
end $$;
create trigger events_in_order before update of event_count on runs
    for each row execute function keep_events_in_order();
create trigger events_in_order before update of event_count on tenants
    for each row execute function keep_events_in_order();
