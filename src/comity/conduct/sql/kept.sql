-- The queries of what is kept of operations; rows are derived from the records and added where they are missing.

-- name: kept_missing
-- Some operations without a row, or with one that other code drew, the oldest first.
SELECT r.sequence FROM record AS r LEFT JOIN kept AS k ON k.operation = r.sequence AND k.mark = :mark
WHERE r.kind = 'operation' AND k.operation IS NULL ORDER BY r.sequence LIMIT :most;

-- name: kept_add_many
-- Keep rows, also in the place of those that other code drew.
INSERT OR REPLACE INTO kept (operation, mark, whole, begun, entered, head, claims) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: kept_rows
-- Every row that can be in a view as of a day.
SELECT k.operation, r.id, k.whole, k.entered, k.head, k.claims
FROM kept AS k JOIN record AS r ON r.sequence = k.operation WHERE k.begun <= :day;
