-- When each connection does what by itself. The jobs that come of it are River's, in tables of its own.
create table schedules (
	org integer not null,
	connection integer not null references connections (no),
	kind text not null,         -- run, effects
	spec text not null,         -- what next_at follows from: schedule, zone, pause, error
	next_at integer,            -- NULL: not by itself
	last_at integer,            -- when the last one was due
	primary key (org, connection, kind)
) without rowid;
