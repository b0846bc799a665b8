-- Times are epoch milliseconds (NULL or 0: none), JSON is text, "org" is organisations.no. The busiest
-- tables (people, links, plan_items) carry no foreign keys: a look-up per row and key would cost a first
-- load a third more, and every write goes through one package.

create table organisations (
	no integer primary key,
	id text not null unique
);

create table connections (
	no integer primary key,
	org integer not null references organisations (no),
	id text not null,
	name text not null,
	state text not null,
	baseline text,              -- JSON of hr.Baseline
	failures integer not null,  -- readings in a row that failed
	unique (org, id),
	unique (org, name)
);

-- The right to write for a connection. The row stays after a release, because the fence only grows.
create table leases (
	org integer not null,
	connection integer not null references connections (no),
	run_id text not null,       -- '' while nobody holds it
	fence integer not null,
	expires integer not null,
	host text not null,
	pid integer not null,
	started integer not null,   -- start of that process, in the host's own unit; 0 when unknown
	primary key (org, connection)
) without rowid;

create table people (
	no integer primary key,
	org integer not null,
	id text not null,
	version integer not null,
	status text not null,
	previous_status text,
	manual_lock integer not null,
	role text not null,
	connection integer,         -- connections.no; NULL when not from HR
	source_id integer,
	email_key text,             -- compare form, unique; NULL for no address
	name_key text,
	employee_id text,
	email text,
	first_name text,
	last_name text,
	preferred_name text,
	display_name text,
	job_title text,
	department text,            -- the department's display name
	division text,
	location text,
	teams text,                 -- items joined by U+001F
	manager text,               -- a person's id, who need not exist yet
	phone text,
	gender text,
	birthday text,
	hire_date text,
	original_hire_date text,
	deactivation_date text,
	extras text,                -- JSON of budgets and custom fields
	edited text,                -- JSON: fields a human changed since the last run wrote them
	created_at integer not null,
	updated_at integer not null
);
create unique index people_id on people (org, id);
create unique index people_email on people (org, email_key);
create index people_connection on people (org, connection);
create index people_unlinked on people (org, id) where connection is null;
create index people_owners on people (org, id) where role = 'owner';

-- What Counts found, good as long as nothing that an audit entry tells of happened since.
create table people_counts (
	org integer not null,
	connection integer not null,
	audit integer not null,     -- audit.seq
	counts text not null,       -- JSON of plan.LinkedCounts
	primary key (org, connection)
) without rowid;

-- What is remembered of each employee of a connection.
create table links (
	org integer not null,
	connection integer not null,
	source_id integer not null,
	person_id text,
	outcome text not null,
	adopted integer not null,
	fingerprint blob not null,
	coverage integer not null,
	revision text not null,
	clean integer not null,
	due_at integer,
	due_action text,
	due_reason text,
	due_date text,
	since text,                 -- JSON: leaving signal → when it was first seen
	hire_date text,             -- as HR last told it, mapped or not
	touched integer not null,   -- audit.seq of the last write that was more than a refresh
	primary key (org, connection, source_id)
) without rowid;
create index links_due on links (org, connection, due_at) where due_at is not null;

-- Employees whom a person was linked to before, so that history finds them.
create table former_links (
	org integer not null,
	person_id text not null,
	connection integer not null,
	source_id integer not null,
	primary key (org, person_id, connection, source_id)
) without rowid;

create table groups (
	org integer not null,
	id text not null,
	kind text not null,
	name text not null,
	name_key text not null,
	aliases text,               -- JSON
	version integer not null,
	primary key (org, id),
	unique (org, kind, name_key)
) without rowid;

create table holds (
	org integer not null,
	id text not null,
	person_id text not null,
	field text,
	until integer,
	until_hr text,
	reason text not null,
	created_by text not null,
	created_at integer not null,
	primary key (org, id)
) without rowid;

create table decisions (
	org integer not null,
	connection integer not null,
	source_id integer not null,
	kind text not null,
	person_id text,
	primary key (org, connection, source_id)
) without rowid;

create table plans (
	no integer primary key,
	org integer not null,
	id text not null,
	connection integer not null references connections (no),
	person text,
	undo_of text,
	created_at integer not null,
	mark integer not null,      -- audit.seq when it was begun; what was touched later is not refreshed by it
	finished integer not null,  -- 0: rows are still coming, or nobody will ever finish it
	as_of integer not null,     -- 1: shows a future day
	seq integer,                -- grows with every finished plan of the connection
	header text,                -- JSON
	baseline text,              -- JSON
	words blob,                 -- the words that bodies refer to by number
	anchors blob,               -- key of every 1024th row, to reach any position quickly
	applied_by text,
	unique (org, id),
	unique (org, connection, seq)
);

-- The rows of plans. The key is the order of a plan, so that rows may arrive in any order, paging needs
-- no second index, and a person's or employee's rows are found in any plan by one probe.
create table plan_items (
	org integer not null,
	plan integer not null,      -- plans.no
	rank integer not null,      -- 1 departments, 2 teams, 3 people and columns
	source_id integer not null, -- 0: no employee
	person_id text not null,    -- of groups: the group's id; '': nobody
	n integer not null,         -- order of arrival
	kind integer not null,      -- 1 change, 2 held, 3 left, 4 refresh
	action text,
	reason text,
	name text,
	email text,
	kinds integer,
	version integer,
	body blob not null,
	primary key (org, plan, rank, source_id, person_id, n)
) without rowid;

create table runs (
	no integer primary key,
	org integer not null,
	id text not null,
	connection integer not null references connections (no),
	name text not null,
	cause text not null,        -- the trigger
	actor text not null,
	outcome text not null,      -- '' while it runs
	plan_id text,
	undo_of text,
	started_at integer not null,
	finished_at integer,
	counts text not null,       -- JSON
	kind_counts text not null,  -- JSON
	released integer not null,
	revision text not null,
	requests integer not null,
	rows_written integer not null,
	errors text not null,       -- JSON
	unique (org, id)
);
create index runs_connection on runs (org, connection, no);
create index runs_org on runs (org, no);

-- One row per applied batch, in the transaction that wrote it.
create table journal (
	no integer primary key,
	org integer not null,
	run_id text not null,
	plan integer not null,      -- plans.no
	connection integer not null,
	at integer not null,
	audit integer not null,     -- audit.seq of the batch
	seqs text not null,         -- positions in the plan, e.g. 1-1000,1005
	automatic integer not null, -- 1: counts in the guard's window
	kinds text not null,        -- JSON: changes by guarded kind
	rows_written integer not null
);
create index journal_plan on journal (org, plan);
create index journal_run on journal (org, run_id);
create index journal_window on journal (org, connection, at) where automatic = 1;

-- Human edits of people.
create table edits (
	org integer not null,
	person_id text not null,
	version integer not null,   -- of the person, after the edit
	at integer not null,
	actor text not null,
	audit integer not null,
	body blob not null,
	primary key (org, person_id, version)
) without rowid;

-- The audit trail: each row's hash covers the row and the hash before it.
create table audit (
	org integer not null,
	seq integer not null,
	at integer not null,
	actor text not null,
	event text not null,
	subject text not null,
	before text not null,
	after text not null,
	run_id text not null,
	detail text not null,
	hash blob not null,
	primary key (org, seq)
) without rowid;
create trigger audit_update before update on audit begin select raise(abort, 'the audit trail is append-only'); end;
create trigger audit_delete before delete on audit begin select raise(abort, 'the audit trail is append-only'); end;
