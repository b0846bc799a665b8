-- Lists that are filtered or searched are answered from memory: the index only keeps the order of names. Narrower,
-- it costs a first load less to build.
drop index if exists people_names;

create index people_names on people (org, lower(coalesce(display_name, name_key, email_key, id)), no);
