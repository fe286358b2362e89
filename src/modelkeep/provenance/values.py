"""Params, metrics and tags: keys and the exact text that was given, from flags, files and Python.

``0.10`` stays ``0.10``: numbers of JSON and TOML are read as text. What is nested is joined by
``.``: ``optimizer.lr``, ``weighted avg.f1-score``. A list of plain values is one value, as JSON
(``[64, 32]``), and in metrics one value each: ``fold.0``, ``fold.1``. True, false and null are
these words.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from modelkeep.domain.numbers import as_number
from modelkeep.domain.patterns import pattern
from modelkeep.domain.text import check_key, check_text, printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.provenance.value_text import Number, as_text, plain

if TYPE_CHECKING:
    from io import FileIO

#: Keys and values in the order in which they were given.
Pairs: TypeAlias = list[tuple[str, str]]

_MOST_PAIRS = 10_000
_DEEPEST = 32
# What Python makes of a file is up to thirty times as large, of TOML's dotted keys a thousand times.
_LARGEST_FILE, _LARGEST_TOML = 2 << 20, 128 << 10
# A key of TOML with many dots, which its parser takes quadratic time for. It begins behind nothing that a
# key may be made of, so that each place is looked at once.
_DEEP_KEY = pattern(
    r"""(?<![\w"'.\\-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.){0,999}+"|'[^'\n]{0,999}+')[ \t]*+\.[ \t]*+){33}"""
)
# So long somebody who was started beside us has to open a pipe.
_PATIENCE_SECONDS = 5.0
_SHOWN = 60


def from_flags(given: Iterable[str], what: str) -> Pairs:
    """Return what was typed as ``key=value``; ``what`` is param, metric or tag."""
    pairs = []
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            message = f"{what} '{_shown(text)}' has no value"
            raise UsageError(message, f"{_option(what)} {_shown(text) or 'key'}=VALUE")
        pairs.append(_pair(key, value, what))
    return merge(pairs, what=what)


def from_file(path: str, what: str) -> Pairs:
    """Return what a JSON or TOML file says; ``-`` is standard input.

    The ending decides (``.json``, ``.toml``), else whether it begins with ``{``. At most 2 MiB of JSON, 128 KiB of TOML.
    Raises ``NotFound`` if there is no such file and ``UsageError`` for what it may not say.
    """
    data, shown = _read(path), "standard input" if path == "-" else path
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{shown} is not UTF-8: {error}"
        raise UsageError(message, f"{what}s come as JSON or TOML") from error
    ending = os.path.splitext(path)[1].lower()
    if ending == ".json":
        value = _json(text, shown)
    elif ending == ".toml":
        value = _toml(text, shown)
    else:
        value = _json_or_toml(text, shown)
    if not isinstance(value, dict):
        message = f"{shown} has no keys at its top: a JSON object or TOML is needed"
        raise UsageError(message, f'{{"{what}": 0.5}}')
    return merge(_checked(value, what), what=what)


def from_mapping(mapping: Mapping[Any, Any], what: str) -> Pairs:
    """Return what a Python mapping says, as ``clf.get_params()`` gives it.

    Floats are their ``repr``, numpy's scalars their ``str``, functions and classes their name,
    other objects their ``repr`` on one line, without addresses, at most 1,000 characters.
    """
    return merge(_checked(mapping, what), what=what)


def merge(*sources: Iterable[tuple[str, str]], what: str) -> Pairs:
    """Return the pairs of several sources, each key once; two values for one raise ``UsageError``."""
    found: dict[str, str] = {}
    for key, value in (pair for source in sources for pair in source):
        if found.setdefault(key, value) != value:
            message = f"{what} '{key}' was given twice: '{_shown(found[key])}' and '{_shown(value)}'"
            raise UsageError(message, "give it once")
    if len(found) > _MOST_PAIRS:
        message = f"{len(found):,} {what}s are too many: at most {_MOST_PAIRS:,}"
        raise UsageError(message, "put them in a file of the artifact")
    return list(found.items())


def number_warnings(metrics: Iterable[tuple[str, str]]) -> list[str]:
    """Return a warning for each metric that is no exact number; it is kept as text."""
    return [
        f"metric {key} is kept as text, for '{_shown(value)}' is no number that can be compared"
        for key, value in metrics
        if as_number(value) is None
    ]


def _checked(mapping: Mapping[Any, Any], what: str) -> Iterator[tuple[str, str]]:
    for count, (key, value) in enumerate(_flat(mapping, "", what, 0)):
        if count > _MOST_PAIRS:
            message = f"more than {_MOST_PAIRS:,} {what}s"
            raise UsageError(message, "put them in a file of the artifact")
        yield _pair(key, value, what)


def _pair(key: str, value: str, what: str) -> tuple[str, str]:
    return check_key(key, f"{what} key"), check_text(value, f"{what} {key}")


def _flat(value: object, key: str, what: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the leaves of a nested value, their keys joined by a dot."""
    if depth > _DEEPEST:
        message = f"{what} '{_shown(key)}' is nested more than {_DEEPEST} deep"
        raise UsageError(message, "give it flatter, or put it in a file of the artifact")
    value = plain(value)
    items: Iterable[tuple[str, object]]
    if isinstance(value, Mapping) and (value or not depth):
        items = ((_key(inner), item) for inner, item in value.items())
    elif isinstance(value, (list, tuple)) and value and (what == "metric" or any(map(_is_nested, value))):
        items = ((str(index), item) for index, item in enumerate(value))
    else:
        yield key, as_text(value)
        return
    for inner, item in items:
        yield from _flat(item, f"{key}.{inner}" if key else inner, what, depth + 1)


def _is_nested(value: object) -> bool:
    return isinstance(plain(value), (Mapping, list, tuple))


def _key(key: object) -> str:
    return key if isinstance(key, str) else as_text(plain(key))


def _read(path: str) -> bytes:
    try:
        if path == "-":
            if sys.stdin is None:
                message = "standard input is closed"
                raise UsageError(message, "name a file instead of '-'")
            data = sys.stdin.buffer.read(_LARGEST_FILE + 1)
        else:
            with open(_opened(path), "rb", buffering=0) as file:
                data = _written_into(file, path) if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode) else b""
                data += _rest(file, _LARGEST_FILE + 1 - len(data))
    except FileNotFoundError as error:
        message = f"there is no file '{_shown(path)}'"
        raise NotFound(message, "a JSON or TOML file, or - for standard input") from error
    except (OSError, ValueError) as error:
        message = f"cannot read '{_shown(path)}': {getattr(error, 'strerror', None) or error}"
        raise UsageError(message, "a JSON or TOML file, or - for standard input") from error
    if len(data) > _LARGEST_FILE:
        message = f"'{_shown(path)}' is larger than 2 MiB"
        raise UsageError(message, "put it in the artifact; params and metrics are a few thousand values")
    return data


def _opened(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _written_into(file: FileIO, path: str) -> bytes:
    """Wait a while for somebody to write into a pipe, and return what was read of it meanwhile.

    Who is there already may take as long as it takes.
    """
    import select

    for wait in (_PATIENCE_SECONDS, 0):
        data = file.read(1)  # None: nothing yet, but somebody has it open; empty: nobody has, or has left
        if data or data is None:
            break
        if not select.select([file], [], [], wait)[0] and not wait:
            message = f"nobody writes into the pipe '{_shown(path)}'"
            raise UsageError(message, "start what writes into it first, or give a file")
    os.set_blocking(file.fileno(), True)
    return data or b""


def _rest(file: FileIO, most: int) -> bytes:
    """Return what there is up to the end; a pipe hands it out in parts."""
    parts: list[bytes] = []
    while most > 0 and (part := file.read(most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _json(text: str, shown: str) -> object:
    try:
        return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        message = f"{shown} is not JSON: {error}"
        raise UsageError(message, "mend it there; TOML has its own ending, .toml") from error


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    for key, value in pairs:
        if found[key] != value:
            message = f"the key '{_shown(key)}' stands twice with different values"
            raise UsageError(message, "give it once")
    return found


def _toml(text: str, shown: str) -> object:
    import tomllib

    if len(text) > _LARGEST_TOML:
        message = f"'{_shown(shown)}' is larger than 128 KiB"
        raise UsageError(message, "as JSON it may be larger: the same in a file that ends in .json")
    if _DEEP_KEY.search(text):
        message = f"{_shown(shown)} has a key that is nested more than {_DEEPEST} deep"
        raise UsageError(message, "give it flatter, or put it in a file of the artifact")
    try:
        return tomllib.loads(text, parse_float=lambda number: Number(number.replace("_", "").removeprefix("+")))
    except (ValueError, RecursionError) as error:
        message = f"{shown} is not TOML: {error}"
        raise UsageError(message, "mend it there; JSON has its own ending, .json") from error


def _json_or_toml(text: str, shown: str) -> object:
    if text.lstrip().startswith("{"):
        return _json(text, shown)
    try:
        return _toml(text, shown)
    except UsageError as error:
        message = f"{shown} is neither JSON nor TOML: {error.message.partition(': ')[2]}"
        raise UsageError(message, "params and metrics come as JSON or TOML") from error


def _shown(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _option(what: str) -> str:
    return {"param": "--param", "metric": "--metric"}.get(what, f"--{what}")
