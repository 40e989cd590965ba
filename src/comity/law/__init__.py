"""What may be asked on which basis: instruments as data and pure rules over them; no case, key or network here."""
