"""Answers as text: their JSON document, their lines in a pipe, their table on a terminal."""
