-- Whose a pod is: the user whose task had it made. Null where nobody knows.
ALTER TABLE pods ADD COLUMN owner_id INTEGER REFERENCES users (id) ON DELETE SET NULL;
