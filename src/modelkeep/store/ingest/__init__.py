"""Ingest: source files are found, selected, read once and stored."""
