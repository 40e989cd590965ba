-- What counting and choosing need of every operation, drawn from the records and kept so that no view reads them all.
-- It is derived and can be dropped at any time; `kept` draws again what is missing. The records themselves stay.

-- One row an operation. `mark` is the digest of the code that drew it, `whole` the first of the operations that are read
-- together with it, `begun` and `entered` the days on which the first and the last of their records came. A version for
-- which another stands has no head and no claims.
CREATE TABLE kept (
    operation INTEGER PRIMARY KEY REFERENCES record (sequence),
    mark TEXT NOT NULL,
    whole INTEGER NOT NULL,
    begun TEXT NOT NULL,
    entered TEXT NOT NULL,
    head BLOB,
    claims BLOB
) STRICT;
CREATE INDEX kept_whole ON kept (whole);

-- Whatever is added to an operation takes its row away in the same transaction, so that a row that is there is right.
CREATE TRIGGER kept_grows AFTER INSERT ON provenance BEGIN
    DELETE FROM kept WHERE whole = (
        SELECT k.whole FROM record AS r JOIN kept AS k ON k.operation = r.operation WHERE r.sequence = NEW.record
    );
END;
CREATE TRIGGER kept_joins AFTER INSERT ON together BEGIN
    DELETE FROM kept WHERE whole IN (SELECT whole FROM kept WHERE operation IN (NEW.one, NEW.other));
END;
