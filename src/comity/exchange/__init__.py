"""Requests for electronic evidence and what answers them: statements, rules, the case view, packages, dossiers."""
