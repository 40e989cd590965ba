"""The law of the sea as far as submarine cables need it: zones, duties of the flag, and who may act."""
