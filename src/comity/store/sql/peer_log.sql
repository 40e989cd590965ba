-- The queries of a witness and of a follower of other logs.

-- name: witness_head_read
-- The newest checkpoint cosigned for a log.
SELECT size, root, time, note FROM witness_head WHERE origin = :origin;

-- name: witness_head_set
-- Keep the checkpoint that is about to be cosigned.
INSERT INTO witness_head (origin, size, root, time, note) VALUES (:origin, :size, :root, :time, :note)
ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, time = excluded.time,
note = excluded.note;

-- name: peer_head_read
-- What is held of a peer's log.
SELECT size, root, note, held, frontier FROM peer_head WHERE origin = :origin;

-- name: peer_head_set
-- Keep a newer verified checkpoint of a peer's log.
INSERT INTO peer_head (origin, size, root, note, held, frontier)
VALUES (:origin, :size, :root, :note, 0, :frontier)
ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note;

-- name: peer_head_hold
-- Note how many entries are held, if nobody else has moved that.
UPDATE peer_head SET held = :held, frontier = :frontier WHERE origin = :origin AND held = :previous;

-- name: peer_entry_add_many
-- Keep entries of a peer's log.
INSERT INTO peer_entry (origin, position, entry) VALUES (?, ?, ?);

-- name: peer_entry_range
-- Entries of a peer's log, in order.
SELECT entry FROM peer_entry
WHERE origin = :origin AND position >= :start AND position < :end ORDER BY position;

-- name: peer_entry_find
-- Where an entry first stands in a peer's log.
SELECT min(position) FROM peer_entry WHERE entry = :entry AND origin = :origin;

-- name: peer_node_add_many
-- Keep roots of perfect subtrees.
INSERT INTO peer_node (origin, level, position, hash) VALUES (?, ?, ?, ?);

-- name: peer_node_range
-- Roots of perfect subtrees of one level, in order.
SELECT hash FROM peer_node
WHERE origin = :origin AND level = :level AND position >= :start AND position < :end ORDER BY position;

-- name: log_evidence_add
-- Keep evidence of two contradicting checkpoints; a pair of trees is kept once, and sixteen pairs of a log are enough:
-- whoever holds a log's keys could fill this disk with more.
INSERT INTO log_evidence (origin, older_size, older_root, newer_size, newer_root, found, evidence)
SELECT :origin, :older_size, :older_root, :newer_size, :newer_root, :found, :evidence
WHERE (SELECT count(*) FROM log_evidence WHERE origin = :origin) < 16
ON CONFLICT DO NOTHING;

-- name: log_evidence_list
-- Evidence against a log, in order of finding.
SELECT found, evidence FROM log_evidence WHERE origin = :origin ORDER BY found, older_size, newer_size;
