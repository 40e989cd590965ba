"""The append-only log of an authority and those of its peers: pure handlers over protocols; no socket may live here."""
