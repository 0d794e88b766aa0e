"""What happens to organisations, accounts and groups: read, decide with pure functions, commit."""
