-- The console: who is logged in with which browser, so that any node serves any page.

create table console_sessions (
    tenant_id    uuid        not null,
    id           uuid        not null,
    hash         bytea       not null, -- SHA-256 of the cookie's secret; the secret is in the cookie alone
    person       text        not null,
    scopes       text[]      not null, -- as they were at the login; a changed role counts from the next one on
    roles        text[]      not null, -- the groups too, by which a question may be for them
    created_at   timestamptz not null default statement_timestamp(),
    last_seen_at timestamptz not null default statement_timestamp(),
    constraint console_sessions_pk primary key (id),
    constraint console_session_hash_is_sha256 check (octet_length(hash) = 32)
);
