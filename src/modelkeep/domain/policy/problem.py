"""A problem of a policy, and the checks of values that several rules share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from modelkeep.domain.numbers import as_number
from modelkeep.domain.text import close_to, printable
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from decimal import Decimal

#: The names and places that lead to a field: ``("stages", 1, "gates", 0, "min")``.
Path: TypeAlias = tuple[str | int, ...]

_LONGEST_NUMBER = 40
_FEW = 4


class Problem(Struct, frozen=True):
    """Something wrong with a field; ``nearest`` are words that were likely meant."""

    path: Path
    message: str
    nearest: tuple[str, ...] = ()


def unknown_word(path: Path, what: str, word: str, known: Iterable[str]) -> Problem:
    """Return the problem of a word that is none of the known ones."""
    return Problem(path, f"{what}: '{printable(word)}'", near_words(word, known))


def near_words(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the known words that begin with a word, else those that are close to it, else all where they are few."""
    known = list(known)
    if word.replace(" ", ":") in known:
        return (word.replace(" ", ":"),)
    begun = [each for each in known if word and each.startswith(word)]
    return tuple(begun or close_to(word, known) or (known if len(known) <= _FEW else []))


def check_line(path: Path, text: str, longest: int) -> Iterator[Problem]:
    """Yield a problem of a text that is empty, too long, or more than one line."""
    if not text.strip() or len(text) > longest or printable(text) != text:
        yield Problem(path, f"a text of 1 to {longest} characters in one line is needed")


def check_number(path: Path, text: str | None) -> Iterator[Problem]:
    """Yield a problem of a text that is no number."""
    if text is not None and (number_of(text) is None or len(text) > _LONGEST_NUMBER):
        yield Problem(path, f"not a number: '{printable(text[:_LONGEST_NUMBER])}'")


def number_of(text: str | None) -> Decimal | None:
    """Return the exact value of a text, None where it is no number."""
    return None if text is None else as_number(text)


def check_repeated(path: Path, values: Sequence[Hashable]) -> Iterator[Problem]:
    """Yield a problem for each place whose value stands before it already."""
    seen: set[Hashable] = set()
    for place, value in enumerate(values):
        if value in seen:
            yield Problem((*path, place), "the same stands there twice")
        seen.add(value)


def check_name(path: Path, check: Callable[..., object], *arguments: object) -> Iterator[Problem]:
    """Yield what a check of names refuses."""
    try:
        check(*arguments)
    except UsageError as error:
        yield Problem(path, error.message)
