"""Completion: answered before Typer is imported, read-only, bounded and silent on any trouble."""
