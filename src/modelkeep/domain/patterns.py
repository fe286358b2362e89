"""Regular expressions that are compiled when they are first used: a short command uses few of all there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as pattern
else:

    def pattern(text: Any, flags: int = 0) -> _Later:
        """Return what can do all that ``re.compile(text, flags)`` can."""
        return _Later(text, flags)


__all__ = ["pattern", "translate_glob"]


class _Later:
    """A pattern of which each method, once asked for, is the compiled one's own."""

    def __init__(self, text: Any, flags: int) -> None:
        self._given = text, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._given), name)
        setattr(self, name, found)
        return found


def translate_glob(glob: str) -> str:
    """Return the regular expression of a glob, in time that grows with its length.

    Where no ``]`` follows, ``[`` is a plain character; `fnmatch` would look for the end of a class at each one.
    """
    from fnmatch import translate

    closed = glob.rfind("]") + 1
    return translate(glob[:closed] + glob[closed:].replace("[", "[[]"))
