"""Reports for people: one self-contained HTML file a state, pair or operation, in which every chart is also a table."""
