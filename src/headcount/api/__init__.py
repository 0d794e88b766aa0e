"""The HTTP API for the application behind Headcount, on the same operations as everyone else."""
