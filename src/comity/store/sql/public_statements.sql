-- The queries of public statements that belong to no case of the exchange.

-- name: peer_public_add
-- Keep a public statement of a followed log, or why it is not kept; the same entry read again is kept once.
INSERT INTO peer_public (origin, position, statement_id, kind, envelope, proof, problem, total)
VALUES (:origin, :position, :statement_id, :kind, :envelope, :proof, :problem, :total) ON CONFLICT DO NOTHING;

-- name: peer_public_total
-- How many bytes of public statements are kept of a followed log.
SELECT total FROM peer_public WHERE origin = :origin ORDER BY position DESC LIMIT 1;

-- name: peer_public_range
-- Public statements of a followed log from an entry on, in order.
SELECT position, envelope, proof, problem FROM peer_public
WHERE origin = :origin AND position >= :start ORDER BY position LIMIT :most;

-- name: peer_public_range_kinds
-- Public statements of a followed log of some kinds, or of no known kind, from an entry on, in order. The kind stands
-- behind the envelope in a row: without its index, every envelope would be read for it.
SELECT position, envelope, proof, problem FROM peer_public
WHERE origin = :origin AND position IN (
    SELECT position FROM peer_public INDEXED BY peer_public_kind
    WHERE origin = :origin AND position >= :start
    AND (kind IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
    ORDER BY position LIMIT :most
) ORDER BY position;

-- name: peer_public_envelope
-- The envelope of a public statement of a followed log.
SELECT envelope FROM peer_public
WHERE origin = :origin AND statement_id = :statement_id AND envelope IS NOT NULL;

-- name: own_public_range
-- This node's own logged public statements other than keys statements, from an entry on, in order.
SELECT log_index, envelope, proof, logged_by FROM statement
WHERE own = 1 AND salt IS NULL AND kind <> :keys AND log_index >= :start ORDER BY log_index LIMIT :most;
