-- Rows of a plan that follow each other share one row here, packed: a row for each cost a first sync more than
-- deciding about them, and pages of a plan need not look at each. What stood in plan_items is packed by the
-- program, which then drops that table. Not "without rowid": to find a row by its key the engine would read
-- whole rows there, and these are large.
create table plan_chunks (
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

alter table plans rename column anchors to chunks;
