"""`list --where`: which versions a filter holds of, as of a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.versions import VersionRow
from modelkeep.domain.filters.expression import All, Any, Comparison, Expression, Field, Membership, Missing, Not, Value
from modelkeep.domain.filters.holds import fields, holds
from modelkeep.domain.filters.parse import parse_filter
from modelkeep.domain.json_values import Json, to_text
from modelkeep.domain.keys import KINDS, unknown_key
from modelkeep.domain.labels import fold
from modelkeep.domain.metrics import newest_by_data, parse_metric_key, value_of
from modelkeep.domain.numbers import as_number
from modelkeep.domain.stages import DEVELOPMENT, StageDef, is_development, stage_named
from modelkeep.domain.state import STATES
from modelkeep.domain.text import close_to, printable
from modelkeep.domain.times import At, parse_stored
from modelkeep.errors import UsageError
from modelkeep.reads.snapshot import parse_local_moment
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import filters as select
from modelkeep.store.db.sql import versions as version_queries
from modelkeep.store.db.sql.version_states import stages

#: The fields that a row of a list does not have.
_MORE = ("description", "run")
_ATTRIBUTES = {"stage": "stages", "alias": "aliases", "size": "size_bytes", "format": "formats"}
#: Fields whose values have no order that a filter could ask for.
_UNORDERED = ("stage", "state", "alias")
#: Bytes in the units of a size.
_UNITS = {"b": 1} | {f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)}
_UNITS |= {f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)}
#: Whether a bare date is its end.
_ENDS = {"<=": True, ">": True, "<": False, ">=": False}


class Filter:
    """A filter, with the words in it resolved: synonyms of stages, times and ages."""

    def __init__(self, context: Context, reader: Reader, at: int | None, time: str, text: str) -> None:
        """Read a filter; an age in it counts back from a ``time``."""
        self._reader, self._at = reader, at
        dated = replace(context, clock=lambda: parse_stored(time))
        self._expression = _resolved(parse_filter(text), dated, stages(reader, at))
        named = fields(self._expression)
        self._more = sorted({field.kind for field in named} & set(_MORE))
        self._unseen = {field for field in named if field.kind in KINDS}

    def keep(self, rows: Sequence[tuple[int, VersionRow]]) -> list[VersionRow]:
        """Return the rows that the filter holds of, in their order; each comes with its model."""
        more = {kind: select.values(self._reader, self._at, kind, rows) for kind in self._more}
        return [row for model, row in rows if holds(self._expression, _Values(row, model, more, self._unseen))]

    def unknown_keys(self, models: Iterable[tuple[int, str]]) -> Iterator[str]:
        """Yield a note for each key of a metric, param or tag that no version of the models has."""
        known = [model for model, _ in models] if self._unseen else []
        for field in sorted(self._unseen, key=str):
            keys = version_queries.keys(self._reader, self._at, field.kind, known)
            error = unknown_key(f"{field.kind}.{field.key}", keys)
            if error is not None:
                yield f"note: {error.message}" + (f"; {error.hint}" if error.hint else "")


class _Values:
    """What a version has for the fields of a filter; fields that it has a value of are taken out of ``unseen``."""

    def __init__(
        self,
        row: VersionRow,
        model: int,
        more: Mapping[str, Mapping[tuple[int, int], Sequence[str]]],
        unseen: set[Field],
    ) -> None:
        self._row, self._model, self._more, self._unseen = row, model, more, unseen

    def __call__(self, field: Field) -> Sequence[str]:
        """Return the values of a field."""
        found = self._values(field)
        if found:
            self._unseen.discard(field)
        return found

    def _values(self, field: Field) -> Sequence[str]:
        row, key = self._row, field.key or ""
        if field.kind == "metric":
            newest = newest_by_data(row.evaluations)
            meant = parse_metric_key(key, ((each.name, each.data) for each in row.evaluations))
            found = None if meant is None else value_of(newest, meant, row.ref)
            return () if found is None else (to_text(found.value),)
        if field.kind in ("param", "tag"):
            known: Mapping[str, Json] = row.params if field.kind == "param" else row.tags
            return (to_text(known[key]),) if key in known else ()
        if field.kind in self._more:
            return self._more[field.kind].get((self._model, row.version), ())
        value = getattr(row, _ATTRIBUTES.get(field.kind, field.kind))
        return value if isinstance(value, tuple) else () if value is None else (str(value),)


def _resolved(expression: Expression, context: Context, known: Sequence[StageDef]) -> Expression:
    """Return a filter in which times and stages are as rows have them."""

    def resolved(each: Expression) -> Expression:
        return _resolved(each, context, known)

    match expression:
        case All() | Any():
            return replace(expression, expressions=tuple(map(resolved, expression.expressions)))
        case Not():
            return Not(resolved(expression.expression))
        case Membership(field=Field(kind="created" | "stage" | "state" | "size" | "version")):
            return Any(tuple(resolved(Comparison(expression.field, "=", each)) for each in expression.values))
        case Comparison(field=Field(kind="created")):
            return replace(expression, value=_time(context, expression))
        case Comparison(operator="LIKE" | "ILIKE") | Membership() | Missing():
            return expression
        case Comparison():
            return _with_value(expression, known)


def _with_value(comparison: Comparison, known: Sequence[StageDef]) -> Expression:
    """Return a comparison whose value is one that its field can have."""
    kind = comparison.field.kind
    if kind in _UNORDERED and comparison.operator in _ENDS:
        message = f"{kind} has no order: {comparison.operator} says nothing of it"
        raise UsageError(message, f"modelkeep list --where \"{kind} = '{printable(str(comparison.value))}'\"")
    if kind == "stage":
        return _stage(comparison, known)
    if kind == "state":
        return replace(comparison, value=_state(comparison.value))
    if kind in ("size", "version") or (kind == "metric" and comparison.operator in _ENDS):
        return replace(comparison, value=_number(kind, comparison.value))
    return comparison


def _stage(comparison: Comparison, known: Sequence[StageDef]) -> Expression:
    """Return a comparison with a stage that there is; ``development`` is a state, and not it is to hold a stage."""
    text = str(comparison.value)
    if not is_development(text, known):
        return replace(comparison, value=stage_named(text, known))
    return Comparison(Field("state"), "=", DEVELOPMENT) if comparison.operator == "=" else Not(Missing(Field("stage")))


def _state(value: Value) -> str:
    text = str(value)
    if fold(text) in STATES:
        return text
    message = f"there is no state '{printable(text)}'"
    near = close_to(text.lower(), STATES)
    raise UsageError(message, f"states are {', '.join(STATES)}", correction=(text, near[0]) if near else None)


def _number(kind: str, value: Value) -> Decimal:
    """Return the number that a field is compared with; of a size ``1.5 MB`` and ``1 GiB`` too."""
    number = value if isinstance(value, Decimal) else as_number(value)
    if number is None and kind == "size":
        digits = str(value).rstrip("BbKkMmGgTtIi")
        unit, count = _UNITS.get(str(value)[len(digits) :].lower()), as_number(digits.strip())
        number = None if unit is None or count is None else count * unit
    if number is None or not number.is_finite():
        message = f"{kind} is compared with a number, not with '{printable(str(value))}'"
        raise UsageError(message, "size > '1.5 MB', version >= 3, metric.auc > 0.9")
    return number


def _time(context: Context, comparison: Comparison) -> str:
    """Return the time that a comparison of ``created`` means; a bare date is its beginning or its end."""
    if comparison.operator not in _ENDS or isinstance(comparison.value, Decimal):
        raise _no_time()
    found = parse_local_moment(context, comparison.value, bare_date_end=_ENDS[comparison.operator])
    if not isinstance(found, At):
        message = f"created is compared with a time or an age, not with '{printable(comparison.value)}'"
        raise UsageError(message, "created >= '2026-01-01', or created > '7d'")
    return found.time


def _no_time() -> UsageError:
    message = "created is compared with a time or an age by <, <=, > or >="
    return UsageError(message, "created >= '2026-01-01', or created > '7d'")
