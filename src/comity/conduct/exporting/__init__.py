"""Records going out: STIX 2.1 bundles, a TAXII 2.1 service, CSV tables and JSON lines, each read back whole.

Who says what stays with what is said, and a record that was corrected or retracted says so wherever it goes. Nothing
here orders, counts or rates participants: records come in the order in which they are handed over.
"""
