-- Which repository an app comes from, where several offer it.

-- Offers that are not taken, because another repository offers the same app.
CREATE TABLE contested (
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    identifier TEXT NOT NULL,
    PRIMARY KEY (repository_id, identifier)
) STRICT, WITHOUT ROWID;
CREATE INDEX contested_by_identifier ON contested (identifier);

-- What people have decided.
CREATE TABLE app_choices (
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    identifier TEXT NOT NULL,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    PRIMARY KEY (organisation_id, identifier)
) STRICT, WITHOUT ROWID;
CREATE INDEX app_choices_of_repository ON app_choices (repository_id);
