"""The values of params, metrics and tags in JSON: numbers with the digits that were given, written and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from modelkeep.domain.numbers import Number, as_float
from modelkeep.domain.text import pattern

if TYPE_CHECKING:
    from collections.abc import Callable

#: What JSON can say.
Json: TypeAlias = None | bool | int | float | str | list[Any] | dict[str, Any]

JSON_NUMBER = pattern(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
WORDS: Mapping[str, Json] = {"null": None, "true": True, "false": False}
_DEEPEST = 32
#: A whole number with fewer digits is below 2^53.
_SURELY_PLAIN = 16


def param_value(text: str) -> Json:
    """Return the value that the text of a param is: itself, unless it is JSON to the letter.

    Whole numbers beyond ±(2^53 - 1), numbers that no double has the size of, and lists and objects that are nested
    more than 32 deep or bear a key twice stay text.
    """
    if text in WORDS:
        return WORDS[text]
    if JSON_NUMBER.fullmatch(text):
        return _number(text)
    if text[:1] in ("[", "{"):
        try:
            return _parsed(text)
        except (ValueError, RecursionError):
            return text
    return text


def to_json(value: object) -> str:
    """Return a value as JSON on one line; a `Number` has its digits, one that not every reader takes is a string."""
    if type(value) is int:  # nearly all elements of a long list
        return int.__repr__(value)
    if isinstance(value, Number):
        return value.text if value.is_plain else f'"{value.text}"'
    if isinstance(value, Mapping):
        return "{" + ",".join([f"{_encode()(key)}:{to_json(each)}" for key, each in value.items()]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([to_json(each) for each in value]) + "]"
    return _encode()(value)


def to_text(value: object) -> str:
    """Return a value as a cell or a line has it: texts as they are, numbers with their digits, all else as JSON."""
    if isinstance(value, str):
        return value
    return value.text if isinstance(value, Number) else to_json(value)


@cache
def _encode() -> Callable[[object], str]:
    import json

    return json.JSONEncoder(ensure_ascii=False).encode


def _number(digits: str) -> int | float | str:
    if len(digits) < _SURELY_PLAIN and digits.isdigit():  # nearly all elements of a long list
        return int(digits)
    if digits.removeprefix("-").isdigit() and digits != "-0":
        return int(digits) if len(digits) < _SURELY_PLAIN or Number(digits).is_plain else digits
    found = as_float(digits)
    return digits if found is None else found


def _parsed(text: str) -> Json:
    import json

    value: Json = json.loads(
        text, parse_float=_number, parse_int=_number, parse_constant=_refuse, object_pairs_hook=_object
    )
    _check_depth(value, _DEEPEST)
    return value


def _refuse(word: str) -> None:
    raise ValueError(word)


def _object(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(pairs)
    return found


def _check_depth(value: Json, more: int) -> None:
    if not more:
        raise ValueError(more)
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(each, (dict, list)):
            _check_depth(each, more - 1)
