-- The log of this node, the logs of its peers that it follows or witnesses, and evidence of their misbehaviour.

-- Entries that were acknowledged and have no place in the log yet, in order of arrival. Arrival numbers have no gap:
-- AUTOINCREMENT never reuses one, and a rolled-back insert gives its number back.
CREATE TABLE log_pending (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    entry BLOB NOT NULL CHECK (length(entry) BETWEEN 1 AND 65535),
    envelope BLOB
) STRICT;

-- Entries that have a place and are not yet covered by a full bundle on disk.
CREATE TABLE log_entry (
    position INTEGER PRIMARY KEY,
    entry BLOB NOT NULL,
    envelope BLOB
) STRICT;

-- Each batch: the entries [start, size), of which the first `arrivals` came in with the arrival numbers from
-- first_arrival on; the rest are cover entries. The root is that of the tree after the batch.
CREATE TABLE log_batch (
    size INTEGER PRIMARY KEY,
    start INTEGER NOT NULL CHECK (start >= 0 AND start < size),
    first_arrival INTEGER NOT NULL,
    arrivals INTEGER NOT NULL CHECK (arrivals >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32)
) STRICT;
CREATE INDEX log_batch_arrival ON log_batch (first_arrival);

-- The one row of the log's state. assigned <= what batches cover; tiled and collected are how far files follow.
CREATE TABLE log_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    origin TEXT NOT NULL,
    assigned INTEGER NOT NULL CHECK (assigned >= 0),
    frontier BLOB NOT NULL,
    tiled INTEGER NOT NULL CHECK (tiled BETWEEN 0 AND assigned),
    collected INTEGER NOT NULL CHECK (collected >= 0)
) STRICT;

-- The newest signed head, moved by compare-and-swap; and the newest with the cosignatures that the policy wants.
CREATE TABLE log_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    time INTEGER NOT NULL,
    note BLOB NOT NULL
) STRICT;
CREATE TABLE log_published (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note BLOB NOT NULL
) STRICT;

-- As a witness: the newest checkpoint cosigned for each log, with the cosignature.
CREATE TABLE witness_head (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    time INTEGER NOT NULL,
    note BLOB NOT NULL
) STRICT;

-- As a follower: the newest verified checkpoint of each log, how many of its entries are held, and those entries.
CREATE TABLE peer_head (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note BLOB NOT NULL,
    held INTEGER NOT NULL CHECK (held BETWEEN 0 AND size),
    frontier BLOB NOT NULL
) STRICT;
CREATE TABLE peer_entry (
    origin TEXT NOT NULL,
    position INTEGER NOT NULL,
    entry BLOB NOT NULL,
    PRIMARY KEY (origin, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX peer_entry_lookup ON peer_entry (entry, origin);
-- Roots of perfect subtrees of 256, 65536, ... leaves, so that a path needs no more than 256 entries.
CREATE TABLE peer_node (
    origin TEXT NOT NULL,
    level INTEGER NOT NULL CHECK (level % 8 = 0 AND level > 0),
    position INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (origin, level, position)
) STRICT, WITHOUT ROWID;

-- Pairs of checkpoints that no one append-only log could have, as evidence files; one row for a pair of trees.
CREATE TABLE log_evidence (
    origin TEXT NOT NULL,
    older_size INTEGER NOT NULL,
    older_root BLOB NOT NULL,
    newer_size INTEGER NOT NULL,
    newer_root BLOB NOT NULL,
    found INTEGER NOT NULL,
    evidence BLOB NOT NULL,
    PRIMARY KEY (origin, older_size, older_root, newer_size, newer_root)
) STRICT;
