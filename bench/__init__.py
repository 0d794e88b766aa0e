"""How fast Headcount is, beside other servers and an empty answer, in one run on one machine."""
