"""Servers that die, hang, follow each other and refuse, and what is left of the answers."""
