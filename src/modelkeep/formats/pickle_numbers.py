"""Numbers and escapes as pickles of protocol 0 write them."""

from __future__ import annotations

import re

from modelkeep.formats.interface import Malformed
from modelkeep.formats.pickle_values import OPAQUE, Value

_LONGEST_NUMBER = 40
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"\n": b""}


def integer(data: bytes) -> int:
    """Return the number of bytes, the lowest first."""
    return int.from_bytes(data, "little", signed=True)


def integer_of_text(line: bytes) -> Value:
    """Return the number of a line, `OPAQUE` for a long one. Raises `Malformed` where it is none."""
    text = line.strip().removesuffix(b"L")
    if text in {b"00", b"01"}:
        return text == b"01"
    if len(text) > _LONGEST_NUMBER and text.removeprefix(b"-").isdigit():
        return OPAQUE
    try:
        return int(text[: _LONGEST_NUMBER + 1], 0)
    except ValueError as error:
        message = f"has {text[:_LONGEST_NUMBER]!r} where a number should be"
        raise Malformed(message) from error


def escaped_bytes(text: bytes) -> bytes:
    r"""Return a text of protocol 0 without its escapes: ``\x41`` and ``\101`` are ``A``."""
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(match: re.Match[bytes]) -> bytes:
    escape = match[1]
    if escape[:1] == b"x" and len(escape) > 1:
        return bytes.fromhex(escape[1:].decode())
    if escape.isdigit() and b"8" not in escape and b"9" not in escape:
        return bytes([int(escape, 8) & 0xFF])
    return _ESCAPED.get(escape, escape if escape in {b"'", b'"', b"\\"} else match[0])
