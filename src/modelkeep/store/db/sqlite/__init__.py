"""The database as one SQLite file: the only package that names `sqlite3`."""
