-- BambooHR's webhooks, and what they told that nobody has looked at yet.

-- The webhook of each connection, and how it does.
create table hooks (
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

-- Whom to look at. 0: changes, but not of whom; -1: more than are worth naming.
create table hints (
	org integer not null,
	connection integer not null references connections (no),
	employee integer not null,
	seq integer not null,
	at integer not null,            -- when it first came, real time
	primary key (org, connection, employee)
) without rowid;

-- Deliveries that would be taken if they came again, by their signature.
create table hook_deliveries (
	org integer not null,
	connection integer not null references connections (no),
	signature blob not null,
	at integer not null,            -- when it was signed
	primary key (org, connection, signature)
) without rowid;
