"""One authority's running node: settings, keys, desk, inbox, jobs, HTTP clients and listeners; no rule of law."""
