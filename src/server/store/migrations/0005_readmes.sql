-- What repositories say of themselves, as their authors wrote it. Apart from the rows that lists are made of.
CREATE TABLE readmes (
    repository_id INTEGER PRIMARY KEY REFERENCES repositories (id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;
