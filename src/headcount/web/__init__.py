"""HTTP: bytes to messages, route to operation, refusal to response."""
