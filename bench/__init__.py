"""How fast Headcount is, as ratios to an empty answer on the same server in the same run."""
