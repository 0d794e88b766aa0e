"""The protocol of RFC 7643 and 7644 as pure functions on values: no I/O, no clock, no settings."""
