"""Independent investigation: from a mandate to a finding, everybody's word beside it, and a trail to check it by."""
