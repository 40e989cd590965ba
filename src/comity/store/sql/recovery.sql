-- The queries of backup, recovery and the doctor.

-- name: database_quick_check
-- What SQLite finds wrong with the pages and rows of the database; one row 'ok' if nothing.
PRAGMA quick_check;

-- name: log_pending_first
-- The entries that wait for a place, in order of arrival.
SELECT arrival, entry FROM log_pending ORDER BY arrival LIMIT :limit;

-- name: log_entry_add_public
-- Place a public entry with its envelope, which is then served beside the tiles.
INSERT INTO log_entry (position, entry, envelope) VALUES (:position, :entry, :envelope);

-- name: peer_keys_envelope
-- The envelope of a logged keys statement of an authority.
SELECT envelope FROM designation
WHERE authority = :authority AND statement_id = :statement_id AND log_index IS NOT NULL;

-- name: statement_own_newest
-- When the newest own statement of a kind was issued.
SELECT max(issued) FROM statement WHERE issuer = :issuer AND kind = :kind AND own = 1;

-- name: job_counts
-- How many duties are due, and how many were refused for good.
SELECT state, count(*) FROM job GROUP BY state;
