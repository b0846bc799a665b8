-- What the web application keeps: who may sign in, and how each connection is set up.

create table passwords (
	org integer not null,
	person_id text not null,
	hash text not null,         -- argon2id, PHC form
	set_at integer not null,
	primary key (org, person_id)
) without rowid;

-- Only the SHA-256 of a secret is ever stored.
create table sessions (
	hash blob primary key,
	org integer not null,
	person_id text not null,
	role text not null,         -- at sign-in; another role now ends the session
	method text not null,       -- password, oidc
	address text not null,
	agent text not null,
	created_at integer not null,
	seen_at integer not null
) without rowid;
create index sessions_person on sessions (org, person_id);

create table password_links (
	hash blob primary key,
	org integer not null,
	person_id text not null,
	purpose text not null,      -- invite, reset
	created_by text not null,
	created_at integer not null,
	expires_at integer not null
) without rowid;
create index password_links_person on password_links (org, person_id);

-- Failed sign-ins by a hash of account and address, so that a stranger's tries never lock the owner out.
create table sign_in_failures (
	org integer not null,
	who blob not null,
	failures integer not null,
	last_at integer not null,
	primary key (org, who)
) without rowid;

create table identities (
	org integer not null,
	issuer text not null,
	subject text not null,
	person_id text not null,
	linked_at integer not null,
	primary key (org, issuer, subject)
) without rowid;
create index identities_person on identities (org, person_id);

create table tokens (
	org integer not null,
	id text not null,
	hash blob not null unique,
	name text not null,
	role text not null,
	person_id text,             -- who it belongs to; NULL: made by the operator on the command line
	created_by text not null,
	created_at integer not null,
	expires_at integer,         -- NULL: never
	used_at integer,
	primary key (org, id)
) without rowid;
create index tokens_person on tokens (org, person_id);

-- Whoever can no longer sign in is out at once, whatever wrote the status (security §1.6); a link to set
-- a password dies with the address it was sent to (security §1.9).
create trigger people_deactivated after update of status on people
when new.status = 'deactivated' and old.status <> 'deactivated' begin
	delete from sessions where org = new.org and person_id = new.id;
	delete from tokens where org = new.org and person_id = new.id;
	delete from password_links where org = new.org and person_id = new.id;
end;
create trigger people_moved after update of email_key on people
when new.email_key is not old.email_key begin
	delete from password_links where org = new.org and person_id = new.id;
end;
create trigger people_role after update of role on people
when new.role <> old.role begin
	delete from sessions where org = new.org and person_id = new.id;
	delete from tokens where org = new.org and person_id = new.id;
end;

-- Every settings version of a connection; the newest is in force.
create table connection_settings (
	org integer not null,
	connection integer not null references connections (no),
	version integer not null,   -- from 1
	at integer not null,
	actor text not null,
	note text not null,         -- what changed, one line a change
	revision text not null,     -- policy.Revision
	settings text not null,     -- YAML as policy.Export writes it
	primary key (org, connection, version)
) without rowid;

-- The API key of a connection, sealed; hint and fingerprint are all that anybody sees again.
create table connection_keys (
	org integer not null,
	connection integer not null references connections (no),
	sealed text not null,
	hint text not null,         -- last four characters
	fingerprint text not null,
	set_at integer not null,
	set_by text not null,
	primary key (org, connection)
) without rowid;

alter table connections add column origin text not null default 'cli';  -- cli, web, file
alter table connections add column created_at integer not null default 0;
alter table connections add column checked text;                        -- JSON of the last check
alter table connections add column checked_at integer;
alter table connections add column previewed_at integer;                -- first preview of the settings in force
alter table connections add column approved_by text;                    -- who approved the settings
alter table connections add column approved_version integer;            -- connection_settings.version
alter table connections add column approved_at integer;
alter table connections add column paused_by text;
alter table connections add column paused_reason text;
alter table connections add column paused_at integer;
alter table connections add column paused_until integer;                -- NULL: until somebody resumes
alter table connections add column deleted_at integer;                  -- gone from every list; its runs stay

-- Settings of the organisation, JSON by name; secrets in them are sealed.
create table preferences (
	org integer not null,
	name text not null,
	value text not null,
	set_at integer not null,
	set_by text not null,
	primary key (org, name)
) without rowid;
