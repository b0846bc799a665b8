-- What somebody typed into a form of a connection's settings and did not save. Keys and passwords are no part of
-- these forms.
create table unsaved (
	org integer not null,
	connection integer not null references connections (no),
	person_id text not null,    -- who typed it, and alone sees it
	form text not null,         -- mapping, scope, configuration
	version integer not null,   -- connection_settings.version that the form began with
	tab text not null,          -- the page it was typed on
	at integer not null,        -- when last; grows with every change
	replaced integer not null,  -- at of what another page had kept and this one took the place of; 0: nothing
	fields text not null,       -- JSON: the form's fields
	primary key (org, connection, person_id, form)
) without rowid;
