-- The queries of this node's own log.

-- name: log_pending_add
-- Acknowledge an entry; it gets its place at the next batch.
INSERT INTO log_pending (entry, envelope) VALUES (:entry, :envelope);

-- name: log_pending_span
-- First and last arrival number and count of the entries that the next batch takes.
SELECT min(arrival), max(arrival), count(*) FROM (SELECT arrival FROM log_pending ORDER BY arrival LIMIT :limit);

-- name: log_pending_rank
-- How many pending entries arrived before one; no row if that one is not pending.
SELECT (SELECT count(*) FROM log_pending AS earlier WHERE earlier.arrival < log_pending.arrival)
FROM log_pending WHERE arrival = :arrival;

-- name: log_pending_place
-- Give the pending entries up to an arrival their places.
INSERT INTO log_entry (position, entry, envelope)
SELECT arrival + :shift, entry, envelope FROM log_pending WHERE arrival <= :last;

-- name: log_pending_drop
-- Forget the pending entries that have their places.
DELETE FROM log_pending WHERE arrival <= :last;

-- name: log_entry_add_many
-- Place cover entries.
INSERT INTO log_entry (position, entry) VALUES (?, ?);

-- name: log_entry_range
-- Placed entries that are still held, in order.
SELECT position, entry FROM log_entry WHERE position >= :start AND position < :end ORDER BY position;

-- name: log_envelope_range
-- Public envelopes of placed entries.
SELECT envelope FROM log_entry
WHERE position >= :start AND position < :end AND envelope IS NOT NULL ORDER BY position;

-- name: log_entry_trim
-- Forget entries that full bundles on disk hold.
DELETE FROM log_entry WHERE position < :end;

-- name: log_envelope_trim
-- Forget public envelopes that lie on disk.
UPDATE log_entry SET envelope = NULL WHERE position >= :start AND position < :end AND envelope IS NOT NULL;

-- name: log_batch_add
-- Record a batch.
INSERT INTO log_batch (size, start, first_arrival, arrivals, root)
VALUES (:size, :start, :first_arrival, :arrivals, :root);

-- name: log_batch_root
-- The root that the tree had at a size, if a batch ended there.
SELECT root FROM log_batch WHERE size = :size;

-- name: log_batch_sizes
-- The sizes at which batches ended, in a range.
SELECT size FROM log_batch WHERE size >= :start AND size < :end ORDER BY size;

-- name: log_batch_of_arrival
-- The batch that an arrival number belongs to, if it was placed.
SELECT start, first_arrival, arrivals FROM log_batch
WHERE first_arrival <= :arrival AND arrivals > 0 ORDER BY first_arrival DESC LIMIT 1;

-- name: log_state_create
-- Make the state of a new log.
INSERT INTO log_state (id, origin, assigned, frontier, tiled, collected) VALUES (1, :origin, 0, :frontier, 0, 0);

-- name: log_state_read
-- The state of the log.
SELECT origin, assigned, frontier, tiled, collected FROM log_state;

-- name: log_state_assign
-- Move the tree to the end of a batch, if nobody else has moved it.
UPDATE log_state SET assigned = :assigned, frontier = :frontier, collected = :collected WHERE assigned = :previous;

-- name: log_state_tiled
-- Note that tiles and bundles are durable up to a size.
UPDATE log_state SET tiled = :tiled WHERE tiled <= :tiled;

-- name: log_head_create
-- Keep the first signed head.
INSERT INTO log_head (id, size, root, time, note) VALUES (1, :size, :root, :time, :note);

-- name: log_head_move
-- Move the signed head, if it still is the one that the caller knows.
UPDATE log_head SET size = :size, root = :root, time = :time, note = :note
WHERE size = :old_size AND root = :old_root AND time = :old_time
AND (size < :size OR (size = :size AND root = :root)) AND time <= :time;

-- name: log_head_read
-- The newest signed head.
SELECT size, root, time, note FROM log_head;

-- name: log_published_set
-- Keep the newest head with the cosignatures that the policy wants.
INSERT INTO log_published (id, size, root, note) VALUES (1, :size, :root, :note)
ON CONFLICT (id) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note
WHERE excluded.size > size OR (excluded.size = size AND excluded.root = root);

-- name: log_published_read
-- The newest head with the cosignatures that the policy wants.
SELECT size, root, note FROM log_published;
