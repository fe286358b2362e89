"""The command line: parse, call the registry, show. No logic."""
