"""Who can act: participants, authorities, designations, recognitions; no rule of law and no case may live here."""
