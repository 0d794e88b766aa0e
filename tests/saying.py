"""What tests tell at the end of the run: figures, and what they left out."""

SAID: list[str] = []


def say(sentence: str) -> None:
    """Print it once everything has run, where nobody overlooks it."""
    if sentence not in SAID:
        SAID.append(sentence)
