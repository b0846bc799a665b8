-- Up to where each connection knows what changed in BambooHR, between its full readings.
create table changes (
	org integer not null,
	connection integer not null references connections (no),
	n integer not null,         -- grows with every write
	since integer not null,     -- by BambooHR's clock; 0: no question was answered yet
	seen text not null,         -- JSON: changes shortly before since that were read already
	reading text not null,      -- JSON: the last full reading
	people text not null,       -- JSON: the employees it left open
	primary key (org, connection)
) without rowid;
