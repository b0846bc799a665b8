-- People in the order in which lists show them, with what a list is searched by, so that neither sorts
-- nor reads everybody's whole record. The text must be the one that the queries use.
create index people_names on people (org, lower(coalesce(display_name, name_key, email_key, id)), no, status, name_key, email_key, employee_id);
