-- The ledger of the conduct room. Nothing in it is ever changed or removed: a correction is another record.

-- Whether the ledger is an exercise, decided when it is made.
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    exercise INTEGER NOT NULL CHECK (exercise IN (0, 1))
) STRICT;

-- Records by their content address. The operation is the one that a record is about, directly or through what it
-- refers to; an operation's is itself, and a record about none has none.
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 64),
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    operation INTEGER REFERENCES record (sequence) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX record_operation ON record (operation, sequence);
CREATE INDEX record_kind ON record (kind, sequence);

-- Where a record came from; the same record from two sides stands once, with two of these.
CREATE TABLE provenance (
    number INTEGER PRIMARY KEY,
    record INTEGER NOT NULL REFERENCES record (sequence),
    origin TEXT NOT NULL CHECK (origin IN ('statement', 'import', 'hand')),
    source TEXT NOT NULL,
    day TEXT NOT NULL,
    digest TEXT,
    place TEXT
) STRICT;
CREATE INDEX provenance_record ON provenance (record);

-- Which record refers to which, in which member of its body.
CREATE TABLE reference (
    record INTEGER NOT NULL REFERENCES record (sequence),
    member TEXT NOT NULL,
    target INTEGER NOT NULL REFERENCES record (sequence)
) STRICT;
CREATE INDEX reference_target ON reference (target, record);

-- Operations that are read together, since a correction or a reply reaches from one into the other.
CREATE TABLE together (
    one INTEGER NOT NULL REFERENCES record (sequence),
    other INTEGER NOT NULL REFERENCES record (sequence)
) STRICT;
CREATE INDEX together_one ON together (one, other);

-- Whom records are about, at which level.
CREATE TABLE subject (
    record INTEGER NOT NULL REFERENCES record (sequence),
    level TEXT NOT NULL CHECK (level IN ('place', 'unit', 'organ', 'state')),
    participant TEXT NOT NULL
) STRICT;
CREATE INDEX subject_participant ON subject (participant, record);

-- Who says records; the name is in the form in which names are compared.
CREATE TABLE speaker (
    record INTEGER NOT NULL REFERENCES record (sequence),
    participant TEXT,
    name TEXT NOT NULL
) STRICT;
CREATE INDEX speaker_participant ON speaker (participant, record);
CREATE INDEX speaker_name ON speaker (name, record);

-- What operations are called: title, other names and names elsewhere, in the form in which names are compared.
CREATE TABLE operation_name (
    operation INTEGER NOT NULL REFERENCES record (sequence),
    is_title INTEGER NOT NULL CHECK (is_title IN (0, 1)),
    name TEXT NOT NULL
) STRICT;
CREATE INDEX operation_title ON operation_name (name, operation) WHERE is_title = 1;

-- The rules of the tables, for whoever reaches them by another way than this program.
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'a ledger keeps its flag'); END;
CREATE TRIGGER ledger_remains BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'a ledger keeps its flag'); END;
CREATE TRIGGER record_stays BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'records are only added'); END;
CREATE TRIGGER record_remains BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'records are only added'); END;
CREATE TRIGGER provenance_stays BEFORE UPDATE ON provenance BEGIN SELECT RAISE(ABORT, 'provenance is only added'); END;
CREATE TRIGGER provenance_remains BEFORE DELETE ON provenance BEGIN SELECT RAISE(ABORT, 'provenance is only added'); END;
