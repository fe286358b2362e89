"""The values of a ``policy.toml``, each checked for its shape; every mistake is kept, and none raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from modelkeep.domain.numbers import json_digits
from modelkeep.domain.policy.problem import Path, Problem
from modelkeep.domain.text import close_to, pattern, printable
from modelkeep.domain.times import parse_age
from modelkeep.errors import UsageError
from modelkeep.provenance.plain_values import Number, kind_and_text

T = TypeVar("T")

_SOAK = pattern(r"(\S+)\s+in\s+(\S+)")
_LARGEST_COUNT = 1_000_000_000
_LARGEST_NUMBER = 10**30
_LONGEST_SECONDS = 100 * 365 * 86_400


class Table:
    """A table of the document: each method returns the value of a key, None where there is none or a wrong one."""

    def __init__(
        self,
        values: object,
        path: Path,
        problems: list[Problem],
        what: str,
        known: Sequence[str],
        outer: Mapping[str, str],
    ) -> None:
        """Keep the mistakes of the table itself: it is none, or has keys that are not ``known``.

        ``outer`` says of the keys of outer tables what has them: in TOML they stand above the tables inside.
        """
        self.path, self._problems, self._outer = path, problems, outer
        self._values: Mapping[str, object] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            self._wrong(path, f"{what} is a table, not {kind_and_text(values)}")
        for key in self._values:
            if key not in known and key in outer:
                self._wrong((*path, key), f"{outer[key]} has the key '{key}': {self._right_place(outer[key])}")
            elif key not in known:
                near = close_to(key, known) or (known if len(known) <= 8 else ())
                self._wrong((*path, key), f"{what} has no key '{printable(key)}'", tuple(near))

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def raw(self, key: str) -> object:
        """Return what stands there, whatever it is."""
        return self._values.get(key)

    def text(self, key: str) -> str | None:
        """Return a text."""
        return self._read(key, _text, "a text")

    def needed(self, key: str, what: str) -> str:
        """Return a text that must be there; an empty one where it is not."""
        found = self.text(key)
        if key not in self._values:
            self._wrong(self.path, f"{what} needs '{key}'")
        return found or ""

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._values.get(key)
        if value is None:
            return ()
        if isinstance(value, str):
            self._wrong((*self.path, key), f"{key} is a list of texts", (f'["{printable(value)}"]',))
            return ()
        return self._read(key, _texts, "a list of texts") or ()

    def number(self, key: str) -> str | None:
        """Return a number as JSON writes it, with the digits that stand there."""
        return self._read(key, _number, f"a number, as {key} = 0.9")

    def count(self, key: str, most: int = _LARGEST_COUNT) -> int | None:
        """Return a whole number from 1."""
        return self._read(key, lambda value: _count(value, most), f"a whole number from 1 to {most:,}")

    def flag(self, key: str) -> bool:
        """Return whether something is so."""
        return bool(self._read(key, lambda value: value if isinstance(value, bool) else None, "true or false"))

    def seconds(self, key: str) -> int | None:
        """Return a length of time in seconds."""
        return self._read(key, _seconds, 'a length of time, as "30d", "12h" or "15m"')

    def soak(self, key: str) -> tuple[str, int] | None:
        """Return the stage and the seconds of ``12h in staging``."""
        return self._read(key, _soak, 'a length of time in a stage, as "12h in staging"')

    def tables(self, key: str, what: str, known: Sequence[str]) -> Iterator[Table]:
        """Yield the tables of a list."""
        values = self._values.get(key, [])
        if not isinstance(values, list):
            self._wrong((*self.path, key), f"{key} are tables, each under [[{'.'.join(self._names(key))}]]")
            return
        for place, each in enumerate(values):
            yield Table(each, (*self.path, key, place), self._problems, what, known, self._outer)

    def named(self, key: str) -> Iterator[tuple[str, object]]:
        """Yield the keys and values of a table whose keys the user chose."""
        values = self._values.get(key, {})
        if not isinstance(values, dict):
            self._wrong((*self.path, key), f"{key} is a table, under [{'.'.join(self._names(key))}]")
            return
        yield from values.items()

    def lists(self, key: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the keys and the lists of texts of a table whose keys the user chose."""
        names = tuple(dict(self.named(key)))
        if names:
            table = self.inner(key, key, names)
            yield from ((name, table.texts(name)) for name in names)

    def inner(self, key: str, what: str, known: Sequence[str], *more: str) -> Table:
        """Return a table inside of this one."""
        value: object = self._values
        for name in (key, *more):
            value = value.get(name) if isinstance(value, Mapping) else None
        return Table(value, (*self.path, key, *more), self._problems, what, known, self._outer)

    def wrong(self, key: str, message: str, *near: str) -> None:
        """Keep a mistake of a key."""
        self._wrong((*self.path, key), message, near)

    def _right_place(self, owner: str) -> str:
        """Return where a key of the policy or of a stage belongs, seen from this table."""
        if owner == "the policy":
            return "move it above the first table"
        return "move it above this table" if self.path[:1] == ("stages",) else "it belongs under [[stages]]"

    def _names(self, key: str) -> list[str]:
        return [*(each for each in self.path if isinstance(each, str)), key]

    def _read(self, key: str, read: Callable[[object], T | None], expected: str) -> T | None:
        value = self._values.get(key)
        if value is None:
            return None
        found = read(value)
        if found is None:
            self._wrong(
                (*self.path, key),
                f"{key} is {expected}, not {value if isinstance(value, Number) else kind_and_text(value)}",
            )
        return found

    def _wrong(self, path: Path, message: str, near: Sequence[str] = ()) -> None:
        self._problems.append(Problem(path, message, tuple(near)))


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str) and not isinstance(value, Number) else None


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(_text(each) is not None for each in value):
        return None
    return tuple(str(each) for each in value)


def _number(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, Number)):
        return None
    if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
        return None  # a text of its digits might be too long for Python
    return json_digits(str(value))


def _count(value: object, most: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most else None


def _seconds(value: object) -> int | None:
    text = _text(value)
    if text is None:
        return None
    try:
        seconds = int(parse_age(text, "").total_seconds())
    except UsageError:
        return None
    return seconds if 1 <= seconds <= _LONGEST_SECONDS else None


def _soak(value: object) -> tuple[str, int] | None:
    match = _SOAK.fullmatch((_text(value) or "").strip())
    seconds = None if match is None else _seconds(match[1])
    return None if match is None or seconds is None else (match[2], seconds)
