-- What else an operator looks for by name. Runs without a type or a label, and that do not fail, pay nothing for them.
create index runs_of_type on runs (tenant_id, type, submitted_at desc, id desc) where type is not null;
create index runs_of_worker on runs (tenant_id, worker_id, submitted_at desc, id desc) where worker_id is not null;
create index runs_of_category on runs (tenant_id, failure_category, submitted_at desc, id desc)
    where failure_category is not null;

-- Which runs have a label. An index over runs.labels would not be used: row-level security lets only operators by that
-- are known to tell nothing, such as =.
create table labels (
    tenant_id uuid not null,
    name      text not null,
    value     text not null,
    run_id    uuid not null,
    constraint labels_pk primary key (tenant_id, name, value, run_id)
);

-- By triggers: the statement that submits stays as short as it is, and nodes of the release before keep the table too. These
-- go on while it is made, so that their rights come with it; where there are no such roles yet, the walls give them.
do $$ begin
    grant select, insert, delete on labels to holdfast_app, holdfast_everybody;
exception when undefined_object then null;
end $$;

create function keep_labels() returns trigger language plpgsql as $$
begin
    insert into labels (tenant_id, name, value, run_id)
    select new.tenant_id, l.key, l.value, new.id from jsonb_each_text(new.labels) l;
    return null;
end $$;
create trigger labels_kept after insert on runs for each row when (new.labels is not null) execute function keep_labels();

create function remove_labels() returns trigger language plpgsql as $$
begin
    delete from labels l using jsonb_each_text(old.labels) o
    where l.tenant_id = old.tenant_id and l.name = o.key and l.value = o.value and l.run_id = old.id;
    return null;
end $$;
create trigger labels_removed after delete on runs for each row when (old.labels is not null) execute function remove_labels();

insert into labels (tenant_id, name, value, run_id)
select r.tenant_id, l.key, l.value, r.id from runs r cross join lateral jsonb_each_text(r.labels) l
where r.labels is not null;
