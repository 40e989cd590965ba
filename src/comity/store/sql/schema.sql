-- name: schema_create
-- Make the table that records which migrations were applied.
CREATE TABLE IF NOT EXISTS schema_version (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    digest TEXT NOT NULL
) STRICT;

-- name: schema_versions
-- Which migrations were applied, in order.
SELECT number, name, digest FROM schema_version ORDER BY number;

-- name: schema_add
-- Record that a migration was applied, in its own transaction.
INSERT INTO schema_version (number, name, digest) VALUES (:number, :name, :digest);
