-- With the one or two connections that an organisation has, an index by connection finds everybody or
-- half of them, which costs more than to read them all; a first load pays for each of its entries.
drop index people_connection;
create index people_extras on people (org, connection) where extras is not null;
