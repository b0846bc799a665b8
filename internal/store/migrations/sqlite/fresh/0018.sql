-- What the migrations up to this one make, for new data folders; written by
-- go test ./internal/store -run TestFreshSchema -update
CREATE TABLE organisations (
	no integer primary key,
	id text not null unique
);
CREATE TABLE connections (
	no integer primary key,
	org integer not null references organisations (no),
	id text not null,
	name text not null,
	state text not null,
	baseline text,              -- JSON of hr.Baseline
	failures integer not null, origin text not null default 'cli', created_at integer not null default 0, checked text, checked_at integer, previewed_at integer, approved_by text, approved_version integer, approved_at integer, paused_by text, paused_reason text, paused_at integer, paused_until integer, deleted_at integer,  -- readings in a row that failed
	unique (org, id),
	unique (org, name)
);
CREATE TABLE leases (
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
CREATE TABLE people (
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
CREATE UNIQUE INDEX people_id on people (org, id);
CREATE UNIQUE INDEX people_email on people (org, email_key);
CREATE INDEX people_unlinked on people (org, id) where connection is null;
CREATE INDEX people_owners on people (org, id) where role = 'owner';
CREATE TABLE people_counts (
	org integer not null,
	connection integer not null,
	audit integer not null,     -- audit.seq
	counts text not null,       -- JSON of plan.LinkedCounts
	primary key (org, connection)
) without rowid;
CREATE TABLE former_links (
	org integer not null,
	person_id text not null,
	connection integer not null,
	source_id integer not null,
	primary key (org, person_id, connection, source_id)
) without rowid;
CREATE TABLE groups (
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
CREATE TABLE holds (
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
CREATE TABLE decisions (
	org integer not null,
	connection integer not null,
	source_id integer not null,
	kind text not null,
	person_id text,
	primary key (org, connection, source_id)
) without rowid;
CREATE TABLE plans (
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
	chunks blob,               -- key of every 1024th row, to reach any position quickly
	applied_by text,
	unique (org, id),
	unique (org, connection, seq)
);
CREATE TABLE runs (
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
CREATE INDEX runs_connection on runs (org, connection, no);
CREATE INDEX runs_org on runs (org, no);
CREATE TABLE journal (
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
CREATE INDEX journal_plan on journal (org, plan);
CREATE INDEX journal_run on journal (org, run_id);
CREATE INDEX journal_window on journal (org, connection, at) where automatic = 1;
CREATE TABLE edits (
	org integer not null,
	person_id text not null,
	version integer not null,   -- of the person, after the edit
	at integer not null,
	actor text not null,
	audit integer not null,
	body blob not null,
	primary key (org, person_id, version)
) without rowid;
CREATE TABLE audit (
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
CREATE TRIGGER audit_update before update on audit begin select raise(abort, 'the audit trail is append-only'); end;
CREATE TRIGGER audit_delete before delete on audit begin select raise(abort, 'the audit trail is append-only'); end;
CREATE TABLE exports (
	no integer primary key,
	org integer not null,
	id text not null,
	connection integer not null references connections (no),
	company text not null,      -- BambooHR sub-domain
	actor text not null,
	made_at integer not null,
	employees integer not null,
	held text not null,         -- JSON
	unique (org, id)
);
CREATE INDEX exports_connection on exports (org, connection, no);
CREATE TABLE export_rows (
	org integer not null,
	export integer not null,    -- exports.no
	seq integer not null,
	person_id text not null,
	version integer not null,   -- of the person it was planned on
	name text not null,
	email text not null,
	fields text not null,       -- JSON
	manager text,               -- a person's id
	manager_name text,
	state text not null,
	attempts integer not null,
	employee_id text,
	line_done integer not null, -- 1: the reporting line was dealt with
	detail text,
	primary key (org, export, seq)
) without rowid;
CREATE TABLE passwords (
	org integer not null,
	person_id text not null,
	hash text not null,         -- argon2id, PHC form
	set_at integer not null,
	primary key (org, person_id)
) without rowid;
CREATE TABLE sessions (
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
CREATE INDEX sessions_person on sessions (org, person_id);
CREATE TABLE password_links (
	hash blob primary key,
	org integer not null,
	person_id text not null,
	purpose text not null,      -- invite, reset
	created_by text not null,
	created_at integer not null,
	expires_at integer not null
) without rowid;
CREATE INDEX password_links_person on password_links (org, person_id);
CREATE TABLE sign_in_failures (
	org integer not null,
	who blob not null,
	failures integer not null,
	last_at integer not null,
	primary key (org, who)
) without rowid;
CREATE TABLE identities (
	org integer not null,
	issuer text not null,
	subject text not null,
	person_id text not null,
	linked_at integer not null,
	primary key (org, issuer, subject)
) without rowid;
CREATE INDEX identities_person on identities (org, person_id);
CREATE TABLE tokens (
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
CREATE INDEX tokens_person on tokens (org, person_id);
CREATE TRIGGER people_deactivated after update of status on people
when new.status = 'deactivated' and old.status <> 'deactivated' begin
	delete from sessions where org = new.org and person_id = new.id;
	delete from tokens where org = new.org and person_id = new.id;
	delete from password_links where org = new.org and person_id = new.id;
end;
CREATE TRIGGER people_moved after update of email_key on people
when new.email_key is not old.email_key begin
	delete from password_links where org = new.org and person_id = new.id;
end;
CREATE TRIGGER people_role after update of role on people
when new.role <> old.role begin
	delete from sessions where org = new.org and person_id = new.id;
	delete from tokens where org = new.org and person_id = new.id;
end;
CREATE TABLE connection_settings (
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
CREATE TABLE connection_keys (
	org integer not null,
	connection integer not null references connections (no),
	sealed text not null,
	hint text not null,         -- last four characters
	fingerprint text not null,
	set_at integer not null,
	set_by text not null,
	primary key (org, connection)
) without rowid;
CREATE TABLE preferences (
	org integer not null,
	name text not null,
	value text not null,
	set_at integer not null,
	set_by text not null,
	primary key (org, name)
) without rowid;
CREATE TABLE schedules (
	org integer not null,
	connection integer not null references connections (no),
	kind text not null,         -- run, effects
	spec text not null,         -- what next_at follows from: schedule, zone, pause, error
	next_at integer,            -- NULL: not by itself
	last_at integer,            -- when the last one was due
	primary key (org, connection, kind)
) without rowid;
CREATE TABLE outbox (
	no integer primary key,
	org integer not null,
	id text not null,              -- the Message-ID follows from it
	key text not null,             -- two mails that say the same thing to the same person have the same one
	kind text not null,
	state text not null,           -- queued, waiting, kept, sent, gave_up, discarded
	recipient text not null,       -- '' for a welcome: it goes to the address its person has then
	person_id text,
	connection text,               -- connections.id
	run_id text,
	plan_id text,
	content text not null,         -- JSON of what it says, without secrets
	sealed text,                   -- the secret in its link; NULL once it is delivered
	not_before integer not null,   -- by the clock of runs
	next_at integer not null,      -- of the next attempt
	claimed_until integer not null,-- a sender works on it; 0: nobody does
	useless_at integer not null,   -- not sent from then on; 0: never
	attempts integer not null,
	first_try integer not null,
	created_at integer not null,
	done_at integer not null,
	problem text not null,         -- why the last attempt went wrong, or it is not sent
	unique (org, id),
	unique (org, key)
);
CREATE INDEX outbox_due on outbox (org, state, next_at);
CREATE INDEX outbox_person on outbox (org, person_id) where person_id is not null;
CREATE TABLE told (
	org integer not null,
	connection text not null,
	value text not null,
	primary key (org, connection)
) without rowid;
CREATE TABLE told_runs (
	org integer not null,
	run_id text not null,
	invite integer,                -- NULL: nobody said
	done_at integer not null,      -- 0: not yet
	primary key (org, run_id)
) without rowid;
CREATE TABLE recipients (
	org integer not null,
	email_key text not null,
	email text not null,
	hash blob,                     -- SHA-256 of the secret in the mail that asked; NULL: none is out
	expires_at integer not null,
	asked_at integer not null,
	asked_by text not null,
	confirmed_at integer not null, -- 0: not yet
	primary key (org, email_key)
) without rowid;
CREATE INDEX recipients_hash on recipients (hash) where hash is not null;
CREATE INDEX people_extras on people (org, connection) where extras is not null;
CREATE TABLE changes (
	org integer not null,
	connection integer not null references connections (no),
	n integer not null,         -- grows with every write
	since integer not null,     -- by BambooHR's clock; 0: no question was answered yet
	seen text not null,         -- JSON: changes shortly before since that were read already
	reading text not null,      -- JSON: the last full reading
	people text not null,       -- JSON: the employees it left open
	primary key (org, connection)
) without rowid;
CREATE TABLE hooks (
	org integer not null,
	connection integer not null references connections (no),
	hook_id text not null,          -- BambooHR's; '' while there is none
	owner text not null,            -- company and API key that it was made with
	spec text not null,             -- what it was made from
	tried text not null,            -- owner and spec of the last attempt
	fields text not null,           -- JSON: watched
	left_out text not null,         -- JSON: read by runs, but not to be watched
	sealed text,                    -- its private key
	since integer not null,
	checked_at integer not null,    -- when BambooHR was last seen to have it, real time
	problem text not null,          -- '' when the last attempt went well
	tries integer not null,
	next_at integer not null,       -- not tried again before, real time
	claimed_until integer not null, -- a process works on it; 0: none does
	seq integer not null,           -- of the last hint
	last_at integer not null,       -- of the last delivery
	day text not null,              -- of the two counts
	delivered integer not null,
	refused integer not null,
	primary key (org, connection)
) without rowid;
CREATE TABLE hints (
	org integer not null,
	connection integer not null references connections (no),
	employee integer not null,
	seq integer not null,
	at integer not null,            -- when it first came, real time
	primary key (org, connection, employee)
) without rowid;
CREATE TABLE hook_deliveries (
	org integer not null,
	connection integer not null references connections (no),
	signature blob not null,
	at integer not null,            -- when it was signed
	primary key (org, connection, signature)
) without rowid;
CREATE TABLE due_moves (
	org integer not null,
	connection integer not null,
	source_id integer not null,
	was_at integer not null,
	was_action text,
	was_reason text,
	was_date text,
	now_at integer,             -- NULL: nothing is due any more
	run integer not null, person_id text,       -- runs.no
	primary key (org, connection, source_id)
) without rowid;
CREATE TABLE freezes (
	org integer not null,
	id text not null,
	connection integer not null references connections (no),
	what text not null,         -- field groups and fields, as they were asked for; JSON list
	until integer,              -- NULL: until somebody ends it
	reason text not null,
	created_by text not null,
	created_at integer not null,
	primary key (org, id)
) without rowid;
CREATE TABLE plan_chunks (
	org integer not null,
	plan integer not null,      -- plans.no
	no integer not null,        -- in the order in which they were written; plans.chunks has the order of the plan
	marks blob not null,        -- kind, action, reason and the like, once, and which of them each row has
	heads blob not null,
	found blob not null,        -- names and addresses as they are searched, a line per row
	names blob not null,        -- as they are shown
	bodies blob not null,
	primary key (org, plan, no)
);
CREATE TABLE queue_worker (
	one integer primary key check (one = 1),
	term integer not null,      -- grows with every process that takes the queue; nobody may write it under an older one
	host text not null,         -- '' once that process gave the queue back
	pid integer not null,
	started integer not null,   -- start of that process, in the host's own unit; 0 when unknown
	locked integer not null,    -- it has the lock on worker.lock too
	since integer not null,     -- real time, as seen
	seen integer not null,      -- when it was heard of last
	beats integer not null      -- how often it was heard of
);
CREATE TABLE unsaved (
	org integer not null,
	connection integer not null references connections (no),
	person_id text not null,    -- who typed it, and alone sees it
	form text not null,         -- mapping, scope, configuration
	version integer not null,   -- connection_settings.version that the form began with
	tab text not null,          -- the page it was typed on
	at integer not null,        -- when last; grows with every change
	replaced integer not null,  -- at of what another page had kept and this one took the place of; 0: nothing
	fields text not null,       -- JSON: the form's fields
	primary key (org, connection, person_id, form)
) without rowid;
CREATE TABLE link_pages (
	org integer not null,
	connection integer not null,
	page integer not null,      -- links.source_id / 32
	body blob not null,
	primary key (org, connection, page)
);
CREATE TABLE dues (
	org integer not null,
	connection integer not null,
	source_id integer not null,
	person_id text,
	hire_date text,
	due_at integer not null,
	due_action text,            -- NULL: the employee is only looked at again
	due_reason text,
	due_date text,
	primary key (org, connection, source_id)
) without rowid;
CREATE INDEX dues_at on dues (org, connection, due_at);
CREATE TRIGGER dues_moved after update of due_at on dues
when new.due_at <> old.due_at and (old.due_action is not null or old.due_date is not null) begin
	insert or replace into due_moves (org, connection, source_id, person_id, was_at, was_action, was_reason, was_date, now_at, run)
	select old.org, old.connection, old.source_id, old.person_id, old.due_at, old.due_action, old.due_reason, old.due_date, new.due_at, r.no
	from runs r where r.no = (select max(no) from runs where org = old.org and connection = old.connection) and old.due_at > r.started_at;
end;
CREATE TRIGGER dues_over after delete on dues
when old.due_action is not null or old.due_date is not null begin
	insert or replace into due_moves (org, connection, source_id, person_id, was_at, was_action, was_reason, was_date, now_at, run)
	select old.org, old.connection, old.source_id, old.person_id, old.due_at, old.due_action, old.due_reason, old.due_date, null, r.no
	from runs r where r.no = (select max(no) from runs where org = old.org and connection = old.connection) and old.due_at > r.started_at;
end;
