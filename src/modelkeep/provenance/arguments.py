"""The arguments of the Python API, each parsed by the kind that its annotation names, or refused with a ``UsageError``.

Text may be any plain value: a number, a path, a date, an enum, a scalar of an array library. Only the shape is checked
here; what a text means (is there such a stage?) is the business of the function.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from operator import index
from typing import TYPE_CHECKING, Any

from msgspec import Struct, to_builtins

from modelkeep.domain.times import parse_age
from modelkeep.errors import UsageError
from modelkeep.provenance import values
from modelkeep.provenance.plain_values import Number, kind_and_text, scalar_text, unwrap

if TYPE_CHECKING:
    from modelkeep.domain.answers.versions import AsOf

_LARGEST_COUNT = (1 << 53) - 1


def not_made_here() -> UsageError:
    """Return the error for a constructor that is not for users."""
    return UsageError("a Registry is made by open_registry or create_registry", "modelkeep.open_registry(DIRECTORY)")


def _refused(name: str, expected: str, value: object, hint: str | None = None) -> UsageError:
    return UsageError(f"{name} is {expected}, not {kind_and_text(value)}", hint)


def _text(name: str, value: object) -> str:
    text = value if type(value) is str else scalar_text(unwrap(value))
    if value is None or text is None:
        raise _refused(name, "a text", value)
    return text


def _exact(name: str, value: object) -> str:
    """Return a version's number, label or digest: as a float 1.10 would be 1.1, and number 1 the label 1.0."""
    plain = unwrap(value)
    if isinstance(plain, (float, bool)) or (isinstance(plain, Number) and not plain.isdecimal()):
        raise _refused(name, "a text or a version's whole number", value, f'{name}="1.10"')
    return _text(name, plain)


def _ref(name: str, value: object) -> str:
    ref = getattr(value, "ref", None)
    return ref if isinstance(ref, str) else _exact(name, value)


def _flag(name: str, value: object) -> bool:
    plain = unwrap(value)
    if plain is True or plain is False:
        return plain
    raise _refused(name, "True or False", value)


def _count(name: str, value: Any) -> int:
    try:
        number = -1 if isinstance(value, bool) else index(value)
    except TypeError:
        number = -1
    if 0 <= number <= _LARGEST_COUNT:
        return number
    raise _refused(name, "a whole number that is not negative", value)


def _path(name: str, value: object) -> str:
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise _refused(name, "a path", value)
    path = os.fsdecode(value)
    try:
        if b"\0" not in os.fsencode(path):
            return path
    except UnicodeEncodeError:
        pass
    raise _refused(name, "a path, which has no NUL and no surrogates", value)


def _dataset(name: str, value: object) -> str:
    """Return what ``--data`` understands; a path object means the path, whatever it is called."""
    if isinstance(value, os.PathLike):
        path = _path(name, value)
        return path if os.path.isabs(path) else os.path.join(".", path)
    return _text(name, value)


def _ref_or_path(name: str, value: object) -> str:
    """Return a reference or a path; a path object means the path, whatever it is called."""
    return _dataset(name, value) if isinstance(value, os.PathLike) else _ref(name, value)


def _datasets(name: str, value: object) -> tuple[str, ...]:
    """Return what ``--data`` understands; the keys of a mapping are roles."""
    if isinstance(value, Mapping):
        return tuple(f"{_text(name, role)}={_dataset(name, each)}" for role, each in value.items())
    return _several(_dataset)(name, value)


def _several(parse: Callable[[str, Any], str]) -> Callable[[str, Any], tuple[str, ...]]:
    """Return the parser of one value or several of a kind."""

    def parse_several(name: str, value: object) -> tuple[str, ...]:
        one = isinstance(value, (str, bytes, os.PathLike)) or not isinstance(value, Iterable)
        return tuple(parse(name, each) for each in ([value] if one else _items(name, value)))

    return parse_several


def _items(name: str, value: Any) -> Iterator[object]:
    """Yield the items of an iterable; those of a set in the order of their texts."""
    if isinstance(value, Mapping):
        raise _refused(name, "one text or several", value, f'{name}=["…", "…"]')
    yield from sorted(value, key=str) if isinstance(value, (set, frozenset)) else value


def _share(name: str, value: object) -> int:
    """Return a percentage in hundredths of a percent."""
    from modelkeep.domain.shares import parse_share

    return parse_share(_text(name, value).removesuffix(".0"))


def _moment(name: str, value: object) -> str | AsOf:
    from modelkeep.domain.answers.versions import AsOf

    if isinstance(value, AsOf):
        return value
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    return f"{_seconds(name, value)}s" if isinstance(value, timedelta) else _text(name, value)


def _age(name: str, value: object) -> timedelta:
    if isinstance(value, timedelta):
        _seconds(name, value)
        return value
    return parse_age(_text(name, value), name)


def _seconds(name: str, age: timedelta) -> int:
    if age < timedelta():
        raise _refused(name, "a length of time that is not negative", age)
    return int(age.total_seconds())


def _values(name: str, value: object) -> values.Pairs:
    return values.from_python(value, name.removesuffix("s"))


def _tags(name: str, value: Any) -> tuple[tuple[str, str | None], ...]:
    """Return tags that are looked for: ``K`` and ``K=V`` as text, or a mapping, in which None is any value."""
    if isinstance(value, Mapping):
        return tuple((_text(name, key), None if each is None else _text(name, each)) for key, each in value.items())
    split = (each.partition("=") for each in _several(_text)(name, value))
    return tuple((key, text if equals else None) for key, equals, text in split)


def _signature(name: str, value: object) -> object:
    """Return the path of a file, or a mapping."""
    if isinstance(value, (str, bytes, os.PathLike)):
        return _path(name, value)
    plain = to_builtins(value) if isinstance(value, Struct) else unwrap(value)
    if isinstance(plain, Mapping):
        return plain
    raise _refused(name, "a path or an object with inputs and outputs", value)


def _function(name: str, value: Any) -> Any:
    if callable(value):
        return value
    raise _refused(name, "a function", value)


def _stream(name: str, value: Any) -> Any:
    from io import TextIOBase

    if isinstance(value, TextIOBase):
        raise _refused(name, "a binary stream", value, f"{name}=stream.buffer, or io.BytesIO(…)")
    if hasattr(value, "write" if name == "stdout" else "read"):
        return value
    raise _refused(name, "a binary stream", value)


def _made_by_us(attribute: str) -> Callable[[str, Any], Any]:
    """Return the parser of an object of our own, which is known by one of its attributes."""

    def parse(name: str, value: Any) -> Any:
        if hasattr(value, attribute):
            return value
        raise not_made_here() if name == "context" else _refused(name, "what modelkeep makes", value)

    return parse


#: The parser of each annotation in the API.
PARSERS: dict[str, Callable[[str, Any], object]] = {
    "str": _text,
    "Texts": _several(_text),
    "Ref": _ref,
    "Refs": _several(_ref),
    "Ref | Path": _ref_or_path,
    "Label": _exact,
    "Selector": _exact,
    "bool": _flag,
    "int": _count,
    "Path": _path,
    "Paths": _several(_path),
    "Dataset": _dataset,
    "Datasets": _datasets,
    "Values": _values,
    "Tags": _tags,
    "Signature": _signature,
    "Moment": _moment,
    "Share": _share,
    "str | timedelta": _age,
    "Progress": _function,
    "Say": _function,
    "BinaryIO": _stream,
    "Settings": _made_by_us("lock_wait_seconds"),
    "Context": _made_by_us("database"),
    "Located": _made_by_us("origin"),
}
