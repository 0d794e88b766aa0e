"""How changes leave: the event feed of an organisation."""
