-- Mails that leave the database, and what is remembered so that nothing is told twice.

create table outbox (
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
create index outbox_due on outbox (org, state, next_at);
create index outbox_person on outbox (org, person_id) where person_id is not null;

-- What was told about each connection, JSON; the row '' belongs to the organisation.
create table told (
	org integer not null,
	connection text not null,
	value text not null,
	primary key (org, connection)
) without rowid;

-- Runs of which the mails are in the outbox, and runs whose starter said whether to invite new people.
create table told_runs (
	org integer not null,
	run_id text not null,
	invite integer,                -- NULL: nobody said
	done_at integer not null,      -- 0: not yet
	primary key (org, run_id)
) without rowid;

-- Addresses that learn about failures, once whoever reads them has agreed.
create table recipients (
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
create index recipients_hash on recipients (hash) where hash is not null;
