-- The queries of the ledger. Rows are added and read; no query changes or removes one.

-- name: ledger_flag
-- Whether the ledger is an exercise; no row before it is made.
SELECT exercise FROM ledger WHERE id = 1;

-- name: ledger_make
-- Say once whether the ledger is an exercise.
INSERT INTO ledger (id, exercise) VALUES (1, :exercise);

-- name: ledger_last
-- The number of the newest record, 0 where there is none.
SELECT ifnull(max(sequence), 0) FROM record;

-- name: ledger_held
-- Which of some ids are held.
SELECT id, sequence, kind, operation FROM record WHERE id IN (SELECT value FROM json_each(:ids));

-- name: ledger_record_add_many
-- Add records.
INSERT INTO record (sequence, id, kind, body, operation) VALUES (?, ?, ?, ?, ?);

-- name: ledger_provenance_add_many
-- Add where a record came from, unless the same is held from that day or an earlier one.
INSERT INTO provenance (record, origin, source, day, digest, place)
SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (
    SELECT 1 FROM provenance
    WHERE record = ?1 AND origin = ?2 AND source = ?3 AND day <= ?4 AND digest IS ?5 AND place IS ?6
);

-- name: ledger_reference_add_many
-- Add which record refers to which.
INSERT INTO reference (record, member, target) VALUES (?, ?, ?);

-- name: ledger_together_add_many
-- Add two operations that are read together, in both directions.
INSERT INTO together (one, other) VALUES (?1, ?2), (?2, ?1);

-- name: ledger_subject_add_many
-- Add whom a record is about.
INSERT INTO subject (record, level, participant) VALUES (?, ?, ?);

-- name: ledger_speaker_add_many
-- Add who says a record.
INSERT INTO speaker (record, participant, name) VALUES (?, ?, ?);

-- name: ledger_name_add_many
-- Add what an operation is called.
INSERT INTO operation_name (operation, is_title, name) VALUES (?, ?, ?);

-- name: ledger_record
-- One record with where it came from, the earliest first.
SELECT r.sequence, r.id, r.kind, r.body, p.origin, p.source, p.day, p.digest, p.place
FROM record AS r JOIN provenance AS p ON p.record = r.sequence
WHERE r.id = :id ORDER BY p.day, p.number;

-- name: ledger_identify
-- Up to two ids that begin in one way; ids are hexadecimal, so that g comes after each of them.
SELECT id FROM record WHERE id >= :first AND id < :after ORDER BY id LIMIT 2;

-- name: ledger_sources
-- Everybody and everything from which records came.
SELECT DISTINCT source FROM provenance ORDER BY source;

-- name: ledger_several_provenances
-- The records that came from more than one place, with all of them, the earliest first.
SELECT r.sequence, r.id, r.kind, NULL, p.origin, p.source, p.day, p.digest, p.place
FROM provenance AS p JOIN record AS r ON r.sequence = p.record
WHERE p.record IN (SELECT record FROM provenance GROUP BY record HAVING count(*) > 1)
ORDER BY p.record, p.day, p.number;

-- name: ledger_loose
-- The records that hang on no operation.
SELECT r.sequence, r.id, r.kind, r.body, p.origin, p.source, p.day, p.digest, p.place
FROM record AS r JOIN provenance AS p ON p.record = r.sequence
WHERE r.operation IS NULL ORDER BY r.sequence, p.day, p.number;

-- name: ledger_count
-- How many records are held.
SELECT count(*) FROM record;

-- name: ledger_count_kind
-- How many records of a kind are held.
SELECT count(*) FROM record WHERE kind = :kind;

-- name: ledger_span
-- Records with where they came from, in the order in which they arrived.
SELECT r.sequence, r.id, r.kind, r.body, p.origin, p.source, p.day, p.digest, p.place
FROM record AS r JOIN provenance AS p ON p.record = r.sequence
WHERE r.sequence > :after AND r.sequence <= :until ORDER BY r.sequence, p.day, p.number;

-- name: ledger_span_kind
-- Records of a kind with where they came from, in the order in which they arrived.
SELECT r.sequence, r.id, r.kind, r.body, p.origin, p.source, p.day, p.digest, p.place
FROM (
    SELECT sequence, id, kind, body FROM record
    WHERE kind = :kind AND sequence > :after AND sequence <= :until ORDER BY sequence LIMIT :most
) AS r JOIN provenance AS p ON p.record = r.sequence
ORDER BY r.sequence, p.day, p.number;

-- name: ledger_of_operations
-- Everything that hangs on some operations with where it came from, in the order in which it arrived.
SELECT r.sequence, r.id, r.kind, r.body, p.origin, p.source, p.day, p.digest, p.place
FROM record AS r JOIN provenance AS p ON p.record = r.sequence
WHERE r.operation IN (SELECT value FROM json_each(:operations)) ORDER BY r.sequence, p.day, p.number;

-- name: ledger_together
-- The operations that are read together with some.
SELECT DISTINCT other FROM together WHERE one IN (SELECT value FROM json_each(:operations));

-- name: ledger_operation
-- The operation that a record is about.
SELECT operation FROM record WHERE id = :id;

-- name: ledger_about
-- The operations of which a claim or finding names a participant.
SELECT DISTINCT r.operation FROM subject AS s JOIN record AS r ON r.sequence = s.record
WHERE s.participant = :code AND r.operation IS NOT NULL;

-- name: ledger_claimed_by
-- The operations about which a participant, or whoever has a name, claims something.
SELECT r.operation FROM speaker AS s JOIN record AS r ON r.sequence = s.record
WHERE s.participant = :code AND r.kind = 'claim'
UNION
SELECT r.operation FROM speaker AS s JOIN record AS r ON r.sequence = s.record
WHERE s.name = :name AND r.kind = 'claim';

-- name: ledger_find
-- The operations with a name that holds a text, by title.
SELECT r.sequence, r.id, r.kind, r.body, p.origin, p.source, p.day, p.digest, p.place
FROM operation_name AS t JOIN record AS r ON r.sequence = t.operation JOIN provenance AS p ON p.record = r.sequence
WHERE t.is_title = 1 AND t.operation IN (SELECT operation FROM operation_name WHERE instr(name, :text) > 0)
ORDER BY t.name, r.id, p.day, p.number;

-- name: ledger_operations
-- A page of operations by title.
SELECT r.sequence, r.id, r.kind, r.body, p.origin, p.source, p.day, p.digest, p.place
FROM (
    SELECT t.name, o.id, o.sequence, o.kind, o.body FROM operation_name AS t JOIN record AS o ON o.sequence = t.operation
    WHERE t.is_title = 1 AND (t.name, o.id) > (:title, :id) ORDER BY t.name, o.id LIMIT :most
) AS r JOIN provenance AS p ON p.record = r.sequence
ORDER BY r.name, r.id, p.day, p.number;

-- name: ledger_title
-- The title of an operation as it is compared.
SELECT t.name FROM operation_name AS t JOIN record AS r ON r.sequence = t.operation
WHERE t.is_title = 1 AND r.id = :id;
