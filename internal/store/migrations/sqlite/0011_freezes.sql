-- Fields that runs of a connection leave as they are for a while. The row goes when somebody ends the freeze.
create table freezes (
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
