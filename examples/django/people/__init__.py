"""People, whom an identity provider looks after."""
