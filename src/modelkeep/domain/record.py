"""Values of the log and of answers, and canonical JSON: the one spelling in which the log is written and hashed.

Canonical JSON is RFC 8785, restricted as docs/log-format.md says: whole numbers only, keys that are words of
the format, and no field with null, false, ``[]``, ``{}`` or ``""``. A `LogValue` therefore has no other defaults
than None, False and ``()``, and leaves them out. `decode_canonical` encodes what it has read again and compares:
that refuses double keys, other escapes, white space, floats and defaults that are written out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.json import Decoder, Encoder

from modelkeep.errors import Damaged

#: The largest whole number that every JSON library reads exactly.
LARGEST_NUMBER = 2**53 - 1

#: A number that counts something, from 0.
Count = Annotated[int, Meta(ge=0, le=LARGEST_NUMBER)]
#: The place of an entry in the log, the number of a version: from 1.
Ordinal = Annotated[int, Meta(ge=1, le=LARGEST_NUMBER)]
#: Any whole number that JSON keeps exactly.
Whole = Annotated[int, Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
#: ``sha256:`` and 64 hex digits.
Sha256 = Annotated[str, Meta(pattern=r"\Asha256:[0-9a-f]{64}\Z")]

T = TypeVar("T")
V = TypeVar("V")


class LogValue(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the log holds: unknown fields are damage, defaults are left out."""


class Answer(Struct, frozen=True):
    """What the API returns; as JSON every field is present."""


def plain(value: Any) -> Any:
    """Return an answer as objects, lists and plain values. msgspec's own function refuses a `Number`."""
    if isinstance(value, (str, int)):  # nearly all elements of a long list
        return value
    if isinstance(value, Struct):
        fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
        return {name: plain(each) for name, each in fields if each is not msgspec.UNSET}
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (tuple, list)) else value


_ENCODER = Encoder(order="sorted")
_ANYTHING: Decoder[object] = Decoder()


def encode_canonical(value: object) -> bytes:
    """Return the canonical bytes of a `LogValue`, or of a list of texts."""
    return _ENCODER.encode(value)


def decode_canonical(data: bytes, decoder: Decoder[T], what: str) -> T:
    """Return the value that these bytes are the one spelling of; anything else raises ``Damaged``.

    ``what`` begins the message: the kind of value that was expected.
    """
    value: T = _decode(data, decoder.decode, _ENCODER.encode, what)
    # An empty text is the only thing that `:""` can be; the other two may also stand inside of a text.
    if b':""' in data or ((b":{}" in data or b"\\u0000" in data) and _has_default_or_nul(_ANYTHING.decode(data))):
        message = f"{what}: not canonical JSON: an empty value or a NUL character"
        raise Damaged(message)
    return value


def decode_canonical_lines(data: bytes, decoder: Decoder[T], what: str) -> list[T]:
    """Return the values of lines, each the one spelling of an array of texts without NUL; else raise ``Damaged``."""
    values = _decode(data, decoder.decode_lines, _ENCODER.encode_lines, what)
    if b"\\u0000" in data and _has_default_or_nul(_ANYTHING.decode_lines(data)):
        message = f"{what}: not canonical JSON: a NUL character"
        raise Damaged(message)
    return values


def _decode(data: bytes, decode: Callable[[bytes], V], encode: Callable[[V], bytes], what: str) -> V:
    try:
        value = decode(data)
        again = encode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        message = f"{what}: {error}"
        raise Damaged(message) from error
    if again != data:
        message = f"{what}: not canonical JSON: the bytes are not the ones in which this value is written"
        raise Damaged(message)
    return value


def _has_default_or_nul(value: object) -> bool:
    """Tell whether a field of a JSON value is an empty object or a text has a NUL character."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, list):
        return any(map(_has_default_or_nul, value))
    if isinstance(value, Mapping):
        return any(each == {} or _has_default_or_nul(each) for each in value.values())
    return False


#: A SHA-256: ``sha256:`` and hex of some bytes. Code that hashes many values passes a quicker one than `digest_of`.
Hash = Callable[[bytes], str]
