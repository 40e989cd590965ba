"""What a node keeps: its database, its files, its blobs; no rule of any domain may live here."""
