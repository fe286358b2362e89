"""Free text: the words of a text, and which texts a search finds."""
