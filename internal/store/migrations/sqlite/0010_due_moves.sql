-- What a run did to an instant that was still to come: moved it, or took it away. The calendar tells it.
create table due_moves (
	org integer not null,
	connection integer not null,
	source_id integer not null,
	was_at integer not null,
	was_action text,
	was_reason text,
	was_date text,
	now_at integer,             -- NULL: nothing is due any more
	run integer not null,       -- runs.no
	primary key (org, connection, source_id)
) without rowid;

-- The newest run of the connection is the one that writes. An instant that was over was kept, not moved, and
-- the end of a hold is a human's doing.
create trigger links_due_moved after update of due_at on links
when old.due_at is not null and new.due_at is not old.due_at and (old.due_action is not null or old.due_date is not null) begin
	insert or replace into due_moves (org, connection, source_id, was_at, was_action, was_reason, was_date, now_at, run)
	select old.org, old.connection, old.source_id, old.due_at, old.due_action, old.due_reason, old.due_date, new.due_at, r.no
	from runs r where r.no = (select max(no) from runs where org = old.org and connection = old.connection) and old.due_at > r.started_at;
end;
