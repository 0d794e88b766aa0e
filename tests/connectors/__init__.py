"""Connectors: what they plan, and what they do to real and played targets."""
