-- Exports into BambooHR: what was planned, and what became of each person.

create table exports (
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
create index exports_connection on exports (org, connection, no);

-- The journal. A row is "sending" before its request leaves, so that a process that dies leaves word.
create table export_rows (
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
