"""Canonical JSON: the one way a log entry, an intent or a manifest is written as bytes.

RFC 8785, narrowed until every standard library gets it right: keys are words of the format,
numbers are whole and within ±(2**53 - 1). ``../LOG.md`` in the design is the source; the
``rfc8785`` package is the judge in the tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.patterns import pattern
from modelkeep.errors import Damaged

Json: TypeAlias = "None | bool | int | str | Sequence[Json] | Mapping[str, Json]"

_LARGEST = 2**53 - 1
_SURELY_IN_RANGE = 15
_KEY = pattern(r"[a-z][a-z0-9_]*\Z")


def encode(value: Json) -> bytes:
    """Return the canonical bytes of a value made of None, bool, int, str, lists and mappings."""
    return _ENCODER.encode(value).encode()


def decode(data: bytes) -> Json:
    """Parse canonical bytes; anything that is not exactly canonical raises ``Damaged``.

    Serialising again and comparing refuses double keys, other escapes and white space.
    """
    try:
        text = data.decode()
        value: Json = _DECODER.raw_decode(text)[0]  # what stands around it makes the bytes other ones
        again = _ENCODER.encode(value)
    except (ValueError, RecursionError) as error:
        message = f"not canonical JSON: {error}"
        raise Damaged(message) from error
    if again != text:
        message = "not canonical JSON: the bytes are not the ones this value is written as"
        raise Damaged(message)
    return value


def check_keys(value: Json) -> None:
    """Raise ``Damaged`` where a key is not a word of the format; what users name stands in lists."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not _KEY.match(key):
                message = f"not a field name: {key!r}"
                raise Damaged(message)
            check_keys(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            check_keys(inner)


def sha256(data: bytes) -> str:
    """Return ``sha256:`` and the hex of the SHA-256 of some bytes."""
    return digest_of(data)


def _whole(digits: str) -> int:
    if len(digits) <= _SURELY_IN_RANGE:
        return int(digits)
    number = int(digits) if len(digits) <= len("-9007199254740991") else _LARGEST + 1
    if not -_LARGEST <= number <= _LARGEST:
        message = f"number out of range: {digits[:20]}"
        raise ValueError(message)
    return number


def _refuse(text: str) -> NoReturn:
    message = f"not a whole number: {text}"
    raise ValueError(message)


# Made once: `json.dumps` and `json.loads` would make them for each value, and take twice as long.
# No value of ours holds itself: what would is refused as too deep.
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)
_DECODER = json.JSONDecoder(parse_float=_refuse, parse_int=_whole, parse_constant=_refuse)
