-- Every list of people is answered from memory, so nothing reads the index of names any more. A first load paid for it
-- with a twentieth of its time.
drop index if exists people_names;
