"""Where state lives: what a store promises, and the stores that keep the promise. The only SQL."""
