-- Link states side by side, those of 32 neighbouring numbers a row: a run reads all of them. The rows of links are
-- packed by the program after this script, which drops that table then.
create table link_pages (
	org integer not null,
	connection integer not null,
	page integer not null,      -- links.source_id / 32
	body blob not null,
	primary key (org, connection, page)
);

-- What comes by itself at an instant, of the employees of whom something does; person and hire date for the calendar.
create table dues (
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
create index dues_at on dues (org, connection, due_at);

-- Who was moved stands in the calendar after the instant is gone.
alter table due_moves add column person_id text;
update due_moves set person_id = (select l.person_id from links l
	where l.org = due_moves.org and l.connection = due_moves.connection and l.source_id = due_moves.source_id);

-- The newest run of the connection is the one that writes. An instant that was over was kept, not moved, and
-- the end of a hold is a human's doing.
create trigger dues_moved after update of due_at on dues
when new.due_at <> old.due_at and (old.due_action is not null or old.due_date is not null) begin
	insert or replace into due_moves (org, connection, source_id, person_id, was_at, was_action, was_reason, was_date, now_at, run)
	select old.org, old.connection, old.source_id, old.person_id, old.due_at, old.due_action, old.due_reason, old.due_date, new.due_at, r.no
	from runs r where r.no = (select max(no) from runs where org = old.org and connection = old.connection) and old.due_at > r.started_at;
end;
create trigger dues_over after delete on dues
when old.due_action is not null or old.due_date is not null begin
	insert or replace into due_moves (org, connection, source_id, person_id, was_at, was_action, was_reason, was_date, now_at, run)
	select old.org, old.connection, old.source_id, old.person_id, old.due_at, old.due_action, old.due_reason, old.due_date, null, r.no
	from runs r where r.no = (select max(no) from runs where org = old.org and connection = old.connection) and old.due_at > r.started_at;
end;
