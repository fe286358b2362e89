"""Sizes in bytes as people read them."""

from __future__ import annotations

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
#: From here on one decimal would be rounded up to 1000.0, so the next unit is taken.
_NEXT_UNIT = 999.95


def human_size(size_bytes: int) -> str:
    """Return a size in the largest unit that it fills, with one decimal: ``812 B``, ``3.2 MB``."""
    value, unit = float(size_bytes), 0
    while value >= _NEXT_UNIT and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{size_bytes} B"
