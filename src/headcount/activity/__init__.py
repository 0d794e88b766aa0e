"""What identity providers asked and what they were told: recorded, put into words, explained."""
