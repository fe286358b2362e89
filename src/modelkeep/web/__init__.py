"""The registry as one page of HTML for people who have no terminal."""
