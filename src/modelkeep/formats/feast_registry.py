"""Feast's registry, a file that is one protocol buffer: the definition of a view, and of its earlier versions.

https://github.com/feast-dev/feast/tree/master/protos/feast/core. Nothing of Feast is run or needed. Functions are known by
the SHA-256 of their source; the pickles of them, which differ from run to run, are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from modelkeep.domain.feature_view import Column, Transformation, ViewDefinition, ViewSource
from modelkeep.domain.hashing import digest_of
from modelkeep.formats.interface import Budget, Malformed, ModelFile, clean
from modelkeep.formats.protobuf import Message, number_of, text_of
from modelkeep.formats.ranges import Ranges

_HISTORY = 18
_DUMMY, _DUMMY_KEY = "__dummy", "__dummy_id"
_MOST = 10_000
_LARGEST_TEXT = 1 << 20


class _Kind(NamedTuple):
    """A kind of view: its field in the registry, that of its version, and those of its specification (0: it has none)."""

    registry: int
    version: int
    entities: int
    features: int
    keys: int
    ttl: int
    sources: tuple[tuple[int, str], ...]
    transformation: int
    function: int
    mode: int
    aggregations: int = 0


_KINDS = {
    "batch": _Kind(6, 4, 3, 4, 12, 6, ((7, ""), (9, ""), (14, "view")), 15, 0, 16),
    "stream": _Kind(14, 4, 3, 4, 5, 9, ((10, ""), (11, "")), 17, 13, 14, 15),
    "on-demand": _Kind(8, 3, 13, 3, 14, 0, ((4, "map"),), 10, 5, 11, 16),
    "label": _Kind(19, 0, 3, 4, 11, 6, ((7, ""),), 0, 0, 0),
}
_OF_RECORD = {
    "feature_view": "batch",
    "stream_feature_view": "stream",
    "on_demand_feature_view": "on-demand",
    "label_view": "label",
}
_SOURCE_KINDS = {
    1: "file", 2: "bigquery", 3: "kafka", 4: "kinesis", 5: "redshift", 6: "custom", 7: "request", 8: "snowflake", 9: "push",
    10: "trino", 11: "spark", 12: "athena", 13: "iceberg",
}  # fmt: skip
#: Fields of a source with its options, and in them those of a place (joined by a point) and of a query.
_OPTIONS = {
    11: ((2,), 0), 12: ((1,), 2), 13: ((2,), 0), 14: ((2,), 0), 15: ((4, 3, 1), 2), 19: ((4, 3, 1), 2), 27: ((3, 1), 2),
    30: ((1,), 2), 35: ((3, 1), 2),
}  # fmt: skip
_CUSTOM = 16
_SCALARS = {
    1: "Bytes", 2: "String", 3: "Int32", 4: "Int64", 5: "Float64", 6: "Float32", 7: "Bool", 8: "UnixTimestamp", 19: "Null",
    20: "Map", 32: "Json", 34: "Struct", 36: "Uuid", 37: "TimeUuid", 42: "ValueList", 43: "ValueSet", 44: "Decimal",
    47: "ScalarMap", 48: "ZonedTimestamp",
}  # fmt: skip
_LISTS = {11: 1, 12: 2, 13: 3, 14: 4, 15: 5, 16: 6, 17: 7, 18: 8, 21: 20, 33: 32, 35: 34, 38: 36, 39: 37, 45: 44}
_SETS = {22: 1, 23: 2, 24: 3, 25: 4, 26: 5, 27: 6, 28: 7, 29: 8, 40: 36, 41: 37, 46: 44}


class FoundView(NamedTuple):
    """A view and its versions: ``version`` is that of the definition, None where Feast keeps none."""

    definition: ViewDefinition | None
    version: int | None
    versions: tuple[int, ...]


def read_view(file: ModelFile, project: str, name: str, version: int | None, budget: Budget) -> FoundView | None:
    """Return a view of a project, in a version or as it is now; None where there is no such view.

    ``definition`` is None where the view has other versions. Raises `Malformed` or `OverBudget`.
    """
    registry = Message(Ranges(file, budget), 0, file.size)
    now = next(_named(registry, project, name), None)
    records = dict(_records(registry, project, name))
    current = None
    if now is not None:
        kind, view = now
        number = number_of(_message(view, 2).last(_KINDS[kind].version))
        current = number if records or number else None
    versions = tuple(sorted({*records, *(() if current is None else (current,))}))
    if now is not None and version in (None, current):
        return FoundView(_definition(kind, _message(view, 1)), current, versions)
    if version in records:
        return FoundView(_definition(*records[version]), version, versions)
    return None if now is None and not records else FoundView(None, current, versions)


def view_names(file: ModelFile, project: str, budget: Budget) -> tuple[str, ...]:
    """Return the names of the views of a project."""
    registry = Message(Ranges(file, budget), 0, file.size)
    return tuple(text_of(_message(view, 1).last(1)) for _, view in _named(registry, project, None))


def _named(registry: Message, project: str, name: str | None) -> Iterator[tuple[str, Message]]:
    """Yield views of a project with their kinds."""
    kinds = {kind.registry: word for word, kind in _KINDS.items()}
    for number, view in registry.fields():
        if number in kinds and isinstance(view, Message):
            spec = _message(view, 1)
            if text_of(spec.last(2)) == project and name in (None, text_of(spec.last(1))):
                yield kinds[number], view


def _records(registry: Message, project: str, name: str) -> Iterator[tuple[int, tuple[str, Message]]]:
    """Yield the versions that the registry has kept of a view, with the specification of each."""
    for history in registry.messages(_HISTORY):
        for record in history.messages(1):
            values = dict(record.fields())
            kind = _OF_RECORD.get(text_of(values.get(4)))
            view = values.get(5)
            if (
                (text_of(values.get(1)), text_of(values.get(2))) == (name, project)
                and kind
                and isinstance(view, Message)
            ):
                yield number_of(values.get(3)), (kind, _message(view, 1))


def _message(parent: Message, number: int) -> Message:
    found = parent.last(number)
    return found if isinstance(found, Message) else Message(parent.source, parent.start, parent.start)


def _definition(word: str, spec: Message) -> ViewDefinition:
    kind = _KINDS[word]
    entities = [clean(each.text()) for each in _few(spec, kind.entities)]
    keys = [column for column in _columns(spec, kind.keys) if column.name != _DUMMY_KEY]
    ttl = number_of(_message(spec, kind.ttl).last(1)) if kind.ttl else 0
    return ViewDefinition(
        kind=word,
        store="feast",
        project=clean(text_of(spec.last(2))),
        name=clean(text_of(spec.last(1))),
        features=_columns(spec, kind.features),
        entities=tuple(sorted(each for each in entities if each and each != _DUMMY)),
        keys=tuple(keys),
        sources=tuple(sorted(_sources(spec, kind), key=lambda each: (each.kind, each.name or "", each.location or ""))),
        ttl_seconds=ttl if 0 < ttl < 1 << 53 else None,
        aggregations=tuple(sorted(_aggregation(each) for each in _few(spec, kind.aggregations))),
        transformation=_transformation(spec, kind),
    )


def _few(message: Message, number: int) -> list[Message]:
    found: list[Message] = []
    for each in message.messages(number) if number else ():
        found.append(each)
        if len(found) > _MOST:
            text = f"has a view with more than {_MOST} parts"
            raise Malformed(text)
    return found


def _columns(spec: Message, number: int) -> tuple[Column, ...]:
    """Return columns by name: Feast compares views without their order, and writes some in any."""
    return tuple(sorted(map(_column, _few(spec, number)), key=lambda each: each.name))


def _column(feature: Message) -> Column:
    code = number_of(feature.last(2))
    if code in _LISTS:
        dtype = f"Array({_SCALARS[_LISTS[code]]})"
    else:
        dtype = f"Set({_SCALARS[_SETS[code]]})" if code in _SETS else _SCALARS.get(code, "?")
    return Column(clean(text_of(feature.last(1))) or "?", dtype)


def _sources(spec: Message, kind: _Kind) -> Iterator[ViewSource]:
    for number, how in kind.sources:
        for each in _few(spec, number):
            if how == "view":
                yield ViewSource(kind="view", name=clean(text_of(each.last(1))) or None)
            elif how == "map":
                yield from _on_demand_source(_message(each, 2))
            else:
                yield _source(each)


def _on_demand_source(source: Message) -> Iterator[ViewSource]:
    """Yield what a view on demand is computed from: another view, or what a request brings."""
    for number, each in source.fields():
        if isinstance(each, Message) and number == 2:
            yield _source(each)
        elif isinstance(each, Message) and number in (1, 3):
            name = each.last(1)
            inner = name if number == 3 else _message(each, 1).last(1)
            yield ViewSource(kind="view", name=clean(text_of(inner)) or None)


def _source(source: Message) -> ViewSource:
    place, query = None, None
    for number, options in source.fields():
        if number in _OPTIONS and isinstance(options, Message):
            parts, asked = _OPTIONS[number]
            place = ".".join(filter(None, (clean(text_of(options.last(part))) for part in parts))) or None
            query = _digest(options.last(asked)) if asked else None
        elif number == _CUSTOM and isinstance(options, Message):
            query = _digest(options.last(1))
    return ViewSource(
        kind=_SOURCE_KINDS.get(number_of(source.last(1)), "other"),
        name=clean(text_of(source.last(20))) or None,
        location=place,
        timestamp=clean(text_of(source.last(3))) or None,
        query=query,
    )


def _aggregation(each: Message) -> str:
    window = number_of(_message(each, 3).last(1))
    return clean(f"{text_of(each.last(2))}({text_of(each.last(1))}) {window} s")


def _transformation(spec: Message, kind: _Kind) -> Transformation | None:
    """Return the function of a view: where older versions of Feast kept it, or where newer ones do."""
    newer = _message(_message(spec, kind.transformation), 1) if kind.transformation else None
    older = _message(spec, kind.function) if kind.function else None
    for function in (newer, older):
        if function is not None and function.end > function.start:
            mode = clean(text_of(spec.last(kind.mode)) or text_of(function.last(4)))
            name = clean(text_of(function.last(1)))
            return Transformation(name=name or None, mode=mode or None, digest=_digest(function.last(3)))
    return None


def _digest(value: int | Message | None) -> str | None:
    if not isinstance(value, Message) or value.end == value.start:
        return None
    if value.end - value.start > _LARGEST_TEXT:
        message = f"has a function or query of {value.end - value.start} bytes"
        raise Malformed(message)
    return digest_of(value.source.read(value.start, value.end - value.start))
