-- Public statements of followed logs other than `keys` statements, with the proof of their entry under the first
-- checkpoint that this node saw cover it. What is too large to be kept has a reason in place of envelope and proof;
-- `total` is how many bytes are kept of the log up to here.

CREATE TABLE peer_public (
    origin TEXT NOT NULL,
    position INTEGER NOT NULL,
    statement_id TEXT NOT NULL,
    envelope BLOB,
    proof BLOB,
    problem TEXT,
    total INTEGER NOT NULL CHECK (total >= 0),
    PRIMARY KEY (origin, position),
    CHECK ((envelope IS NULL) = (problem IS NOT NULL) AND (envelope IS NULL) = (proof IS NULL))
) STRICT;
CREATE INDEX peer_public_statement ON peer_public (statement_id);
