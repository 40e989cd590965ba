-- Statements held, drafts, duties, exhibits and refused deliveries of one authority's node.

CREATE TABLE statement (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    kind TEXT NOT NULL,
    issued TEXT NOT NULL,
    own INTEGER NOT NULL CHECK (own IN (0, 1)),
    envelope BLOB NOT NULL,
    salt BLOB,
    disclosures TEXT,
    entry BLOB NOT NULL,
    arrival INTEGER,
    log_index INTEGER,
    logged_by INTEGER,
    proof BLOB,
    problem TEXT,
    held_since TEXT NOT NULL,
    receipt_id TEXT
) STRICT;
CREATE INDEX statement_by_case ON statement (case_id, held_since);
CREATE INDEX statement_without_place ON statement (issuer) WHERE log_index IS NULL;

CREATE TABLE designation (
    authority TEXT NOT NULL,
    number INTEGER NOT NULL,
    statement_id TEXT NOT NULL,
    envelope BLOB NOT NULL,
    log_index INTEGER,
    proof BLOB,
    PRIMARY KEY (authority, number)
) STRICT;

CREATE TABLE draft (
    id INTEGER PRIMARY KEY,
    drafter TEXT NOT NULL,
    drafted TEXT NOT NULL,
    kind TEXT NOT NULL,
    case_id TEXT,
    addressee TEXT NOT NULL,
    follows TEXT NOT NULL,
    body TEXT NOT NULL,
    approver TEXT,
    urgent INTEGER NOT NULL DEFAULT 0,
    statement_id TEXT
) STRICT;

CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    addressee TEXT NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'failed')),
    problem TEXT,
    UNIQUE (kind, key, addressee)
) STRICT;
CREATE INDEX job_due ON job (state, due);

CREATE TABLE exhibit (
    encrypted_digest TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    exhibit TEXT NOT NULL,
    description TEXT NOT NULL,
    size INTEGER NOT NULL,
    held INTEGER NOT NULL CHECK (held IN (0, 1)),
    sent INTEGER NOT NULL DEFAULT 0 CHECK (sent IN (0, 1))
) STRICT;
CREATE INDEX exhibit_by_case ON exhibit (case_id);

CREATE TABLE refusal (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    digest TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;

-- How far the public entries of a followed log were read for statements.
CREATE TABLE peer_scan (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL
) STRICT;

-- Statements of one authority that contradict each other, as evidence files; `about` names what they are about.
CREATE TABLE statement_evidence (
    authority TEXT NOT NULL,
    about TEXT NOT NULL,
    found INTEGER NOT NULL,
    evidence BLOB NOT NULL,
    PRIMARY KEY (authority, about)
) STRICT;

-- Refused replies that contradict one that is held, until the log of their authority has both.
CREATE TABLE contradiction (
    second_id TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    first_id TEXT NOT NULL,
    delivery BLOB NOT NULL
) STRICT;
