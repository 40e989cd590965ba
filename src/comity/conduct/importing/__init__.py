"""Collections that others publish, read into records: what their publishers claim, never what is so.

An importer takes bytes or a path and the day of entry, and gives an `Imported`: the records, each with its file, the
file's digest and its row, and what was seen and not made a record. The same bytes always give the same ids. Values
that an importer does not know stop it, or the row is left out and said; nothing falls to a default, and nothing is
fetched from a network.
"""
