"""The database of a registry: its connections, the writers' queue, the log and the tables projected from it."""
