"""Numbers of things in words."""

from __future__ import annotations


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number and its noun: ``1 version``, ``2 versions``."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def files(number: int) -> str:
    """Return a number of files: ``1 file``, ``14 files``."""
    return counted(number, "file")
