"""Files of params and metrics: JSON, TOML and YAML, with numbers as the text that stands there.

The sizes are bounded, for what Python makes of a file is up to thirty times as large as the file, and
of TOML's dotted keys a thousand times.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.text import pattern, printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.provenance.plain_values import Number, shorten
from modelkeep.provenance.values import Pairs, from_python
from modelkeep.provenance.yaml_values import looks_like_yaml, parse_yaml

if TYPE_CHECKING:
    from io import FileIO

_MOST_BYTES, _MOST_TOML_CHARACTERS = 2 << 20, 128 << 10
_DEEPEST_KEY = 32
# A key of TOML with more than 32 dots, for which its parser takes quadratic time. A match begins behind a
# character that cannot be in a key, so that each place is looked at once.
_DEEP_KEY = pattern(
    r"""(?<![\w"'.\\-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.){0,999}+"|'[^'\n]{0,999}+')[ \t]*+\.[ \t]*+){33}"""
)
_PIPE_SECONDS = 5.0
_FORMS = "a JSON, TOML or YAML file, or - for standard input"
_IF_LARGER = "put it in the artifact; params and metrics are a few thousand values"
_OTHER_FORMS = "mend it there; JSON and YAML have their own endings, .json and .yaml"
_COME_AS = "write it as JSON, TOML or YAML"


def from_file(path: str, what: str, seen: os.stat_result | None = None) -> Pairs:
    """Return the values of a JSON, TOML or YAML file; ``-`` is standard input, ``what`` is param, metric or tag.

    With ``seen``, another file than the one of that status is refused.

    The ending decides (``.json``, ``.toml``, ``.yaml``, ``.yml``), else how the text begins. At most 2 MiB of
    JSON or 128 KiB of TOML or 64 KiB of YAML. Raises ``NotFound`` where there is no file, ``UsageError`` for a wrong one.
    """
    return from_python(read_values(path, seen), what)


def read_values(path: str, seen: os.stat_result | None = None) -> dict[str, object]:
    """Return the object that a JSON, TOML or YAML file holds, with numbers as `Number`; `from_file` says the rules."""
    shown = "standard input" if path == "-" else printable(path)
    text = decode(read_bytes(path, seen), shown, _COME_AS)
    ending = os.path.splitext(path)[1].lower()
    if ending == ".json":
        value = _parse_json(text, shown)
    elif ending == ".toml":
        value = parse_toml(text, shown)
    elif ending in (".yaml", ".yml"):
        value = parse_yaml(text, shown)
    else:
        value = _parse(text, shown)
    if isinstance(value, dict):
        return value
    message = f"{shown} has no keys at its top: an object of JSON, TOML or YAML is needed"
    raise UsageError(message, '{"key": 0.5}')


def decode(data: bytes, shown: str, hint: str) -> str:
    """Return a file as text; ``UsageError`` where it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{shown} is not UTF-8: {error}"
        raise UsageError(message, hint) from error


def read_bytes(
    path: str,
    seen: os.stat_result | None = None,
    *,
    most_bytes: int = _MOST_BYTES,
    forms: str = _FORMS,
    if_larger: str = _IF_LARGER,
    pipes: bool = True,
) -> bytes:
    """Return what a file or standard input holds; with ``seen`` another file than that is refused.

    Without ``pipes`` what is no regular file is refused too. ``forms`` and ``if_larger`` are the hints for a file that cannot be read, and for one of more than ``most_bytes``.
    """
    try:
        if path == "-":
            if sys.stdin is None:
                message = "standard input is closed"
                raise UsageError(message, "name a file instead of '-'")
            data = sys.stdin.buffer.read(most_bytes + 1)
        else:
            if seen is not None and not pipes:  # opening a device may do something
                _require_regular(seen, path, forms)
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
            with open(descriptor, "rb", buffering=0) as file:
                if seen is not None and not os.path.samestat(os.fstat(descriptor), seen):
                    message = f"'{shorten(path)}' was replaced while it was read"
                    raise UsageError(message, forms)
                if not pipes:
                    _require_regular(os.fstat(descriptor), path, forms)
                data = _begin_pipe(file, path) if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else b""
                while len(data) <= most_bytes and (part := file.read(most_bytes + 1 - len(data))):
                    data += part
    except FileNotFoundError as error:
        message = f"there is no file '{shorten(path)}'"
        raise NotFound(message, forms) from error
    except (OSError, ValueError) as error:
        message = f"cannot read '{shorten(path)}': {getattr(error, 'strerror', None) or error}"
        raise UsageError(message, forms) from error
    if len(data) > most_bytes:
        message = f"'{shorten(path)}' is larger than {most_bytes >> 20} MiB"
        raise UsageError(message, if_larger)
    return data


def _require_regular(status: os.stat_result, path: str, hint: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        message = f"'{shorten(path)}' is no regular file"
        raise UsageError(message, hint)


def _begin_pipe(file: FileIO, path: str) -> bytes:
    """Wait five seconds for a program to open the other end of a pipe; return what was read meanwhile.

    A program that has it open already, as in ``--metrics <(evaluate.py)``, may take as long as it takes.
    """
    import select

    for wait in (_PIPE_SECONDS, 0):
        data = file.read(1)  # None: a writer is there, but no byte yet; b"": no writer is there, or it has left
        if data or data is None:
            break
        if not select.select([file], [], [], wait)[0] and not wait:
            message = f"no program writes into the pipe '{shorten(path)}'"
            raise UsageError(message, "start what writes into it first, or give a file")
    os.set_blocking(file.fileno(), True)
    return data or b""


def _parse(text: str, shown: str) -> object:
    """Return the value of a file whose name does not say what it is."""
    if text.lstrip().startswith("{"):
        return _parse_json(text, shown)
    if looks_like_yaml(text):
        return parse_yaml(text, shown)
    try:
        return parse_toml(text, shown)
    except UsageError as error:
        message = f"{shown} is neither JSON, TOML nor YAML: {error.message.partition(': ')[2]}"
        raise UsageError(message, _COME_AS) from error


def _parse_json(text: str, shown: str) -> object:
    try:
        return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        message = f"{shown} is not JSON: {error}"
        raise UsageError(message, "mend it there; TOML and YAML have their own endings, .toml and .yaml") from error


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON, in which a key may stand twice only with one value."""
    found = dict(pairs)
    for key, value in pairs:
        if found[key] != value:
            message = f"the key '{shorten(key)}' stands twice with different values"
            raise UsageError(message, "give it once")
    return found


def parse_toml(
    text: str, shown: str, hint: str = _OTHER_FORMS, *, most_characters: int = _MOST_TOML_CHARACTERS
) -> dict[str, object]:
    """Return the values of a TOML document, floats as `Number`; ``hint`` is for one that is none."""
    import tomllib

    if len(text) > most_characters:
        message = f"'{shorten(shown)}' is larger than 128 KiB"
        raise UsageError(message, "as JSON it may be larger: the same in a file that ends in .json")
    if _DEEP_KEY.search(text):
        message = f"{shorten(shown)} has a key that is nested more than {_DEEPEST_KEY} deep"
        raise UsageError(message, "give it flatter, or put it in a file of the artifact")
    try:
        return tomllib.loads(text, parse_float=lambda number: Number(number.replace("_", "").removeprefix("+")))
    except (ValueError, RecursionError) as error:
        message = f"{shown} is not TOML: {error}"
        raise UsageError(message, hint) from error
