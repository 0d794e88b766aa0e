"""Recorded conversations of identity providers, and the player that holds a server to them."""
