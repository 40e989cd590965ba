-- What a public statement of a followed log says of its kind, so that who asks for some kinds reads no others. Those that
-- were kept before have none, and are read whatever is asked for.

ALTER TABLE peer_public ADD COLUMN kind TEXT;
CREATE INDEX peer_public_kind ON peer_public (origin, kind, position);
