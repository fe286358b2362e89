"""Files on their way in: found, chosen, read once, and put into the store."""
