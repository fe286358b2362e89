"""One module a family of rows that an entry makes or closes."""
