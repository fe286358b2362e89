"""In which line of a TOML document each key stands: `tomllib` tells it of syntax errors alone.

The document is known to be valid, so the scanner only follows its structure (https://toml.io/en/v1.0.0): headers,
keys, and the ends of strings, arrays and inline tables.
"""

from __future__ import annotations

import tomllib
from contextlib import suppress
from typing import TypeAlias

from modelkeep.domain.text import pattern

#: The keys and places that lead to a value: ``("stages", 1, "gates", 0, "min")``.
Path: TypeAlias = tuple[str | int, ...]

_BLANK = pattern(r"(?:[ \t\r\n]|\#[^\n]*)*+")
_SPACE = pattern(r"[ \t]*+")
_BARE_KEY = pattern(r"[A-Za-z0-9_-]++")
_STRING = pattern(
    r'''(?xs: """ (?: [^\\] | \\. )*? """ "{0,2} (?!")
            | \'{3} .*? \'{3} \'{0,2} (?!\')
            | " (?: [^"\\\n] | \\. )*+ "
            | \' [^\'\n]*+ \')'''
)
_SCALAR = pattern(r"[^,\]}\n#]*+")


def key_lines(text: str) -> dict[Path, int]:
    """Return the line of each key, table and array element of a valid document, counted from 1.

    Of what is nested too deep for Python the outer line is known.
    """
    scanner = _Scanner(text)
    with suppress(RecursionError):
        scanner.document()
    return scanner.lines


def line_of(lines: dict[Path, int], path: Path) -> int | None:
    """Return the line of a path, or of the longest beginning of it that has one."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._counted, self._line = 0, 1
        self._tables: dict[Path, int] = {}

    def document(self) -> None:
        """Read all statements."""
        prefix: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text.startswith("[", self.at):
                prefix = self._header()
            else:
                self._pair(prefix)

    def _header(self) -> Path:
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        line, keys = self._here(), self._key()
        self.at += 2 if many else 1
        path: Path = ()
        for key in keys[:-1]:
            path = self._newest((*path, key))
            self.lines.setdefault(path, line)
        path = (*path, keys[-1])
        if many:
            self.lines.setdefault(path, line)
            self._tables[path] = self._tables.get(path, -1) + 1
        path = self._newest(path)
        self.lines[path] = line
        return path

    def _newest(self, path: Path) -> Path:
        """Return the newest table of an array of tables; another path as it is."""
        return (*path, self._tables[path]) if path in self._tables else path

    def _pair(self, prefix: Path) -> None:
        line = self._here()
        path = prefix
        for key in self._key():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self.at += 1  # the sign "="
        self._value(path)

    def _key(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            bare = _BARE_KEY.match(self.text, self.at) or _STRING.match(self.text, self.at)
            if bare is None:
                return keys
            self.at = bare.end()
            quoted = bare[0][0] in "\"'"
            keys.append(str(tomllib.loads(f"key = {bare[0]}")["key"]) if quoted else bare[0])
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _value(self, path: Path) -> None:
        self._skip(_SPACE)
        opening = self.text[self.at]
        if opening in "[{":
            self.at += 1
            self._items(path, "]" if opening == "[" else "}")
            return
        found = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
        self.at = len(self.text) if found is None else found.end()

    def _items(self, path: Path, closing: str) -> None:
        place = 0
        while self._skip(_BLANK) < len(self.text) and not self.text.startswith(closing, self.at):
            if closing == "]":
                self.lines[*path, place] = self._here()
                self._value((*path, place))
                place += 1
            else:
                self._pair(path)
            self._skip(_BLANK)
            self.at += self.text.startswith(",", self.at)
        self.at += 1

    def _skip(self, blank: object) -> int:
        found = blank.match(self.text, self.at)  # type: ignore[attr-defined]
        self.at = found.end()
        return self.at

    def _here(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line
