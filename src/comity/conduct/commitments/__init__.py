"""What states have committed themselves to, and the practice of confidence between them: drills, pacts, disclosures."""
