-- Who works the queue of automatic runs, of all organisations: one row at most.
create table queue_worker (
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
