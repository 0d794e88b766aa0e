"""The documents say what is so: their commands run, and what they name exists."""
