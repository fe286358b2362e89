"""The columns of versions in a list: what ``--columns`` and ``--sort`` may name, and what each version has there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from modelkeep.cli.views.interface import to_seconds
from modelkeep.domain.answers.versions import VersionRow
from modelkeep.domain.json_values import Json, to_text
from modelkeep.domain.keys import ANY_KEYS, nearest_keys, split_key
from modelkeep.domain.metrics import MetricKey, newest_by_data, parse_metric_key, value_of
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.rendering import human_size, six_digits, visible

if TYPE_CHECKING:
    from modelkeep.rendering import Clock

#: What --columns takes beside metric.K, param.K and tag.K: the plain fields of a version's row.
VERSION_KEYS = (
    "ref", "name", "version", "label", "state", "stages", "aliases", "bad", "archived", "created", "author",
    "digest", "size_bytes", "files", "deleted", "shares", "break_glass", "formats", "description",
)  # fmt: skip
#: How many keys of the registry a message names.
_SHOWN = 10
#: Columns that a person calls by one word.
_SHORT = ("stage", "format")


def split_columns(text: str, known: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    """Return the columns of ``--columns``; ``UsageError`` for one that versions do not have, with the ``known`` key that is near.

    A key may have commas in it: what names no column behind ``metric.K``, ``param.K`` or ``tag.K`` is a part of that K.
    """
    keys: list[str] = []
    for piece in text.split(","):
        key = piece.strip()
        if keys and not _is_column(key) and split_key(keys[-1]) is not None:
            keys[-1] += f",{piece.rstrip()}"
        else:
            if not _is_column(key):
                raise unknown_column(key, text, known())
            keys.append(key)
    return tuple(keys)


def require_columns(form: str, *, quiet: bool) -> None:
    """Raise ``UsageError`` for a form of the answer that has no columns to choose: the form of ``quiet`` is its references."""
    chosen = "--columns chooses the columns of lines, tables and csv"
    if quiet and form in ("lines", "table", "tree"):
        message = f"-q prints the references alone, and {chosen}"
        raise UsageError(message, "leave one of them out", correction=("-q", "--format=lines"))
    if form in ("lines", "table", "tree", "csv"):
        return
    message = f"{chosen}; {printable(form)} {'names its own fields' if '{' in form else 'has all fields'}"
    correction = ("--json", "--format=csv") if form == "json" else (form, "csv")
    raise UsageError(message, "--format csv", correction=correction)


def _is_column(key: str) -> bool:
    return key in VERSION_KEYS or key in _SHORT or split_key(key) is not None


def column(key: str, rows: Sequence[VersionRow]) -> Callable[[VersionRow], object]:
    """Return what reads a column from a version: a field of the document, or ``metric.K``, ``param.K``, ``tag.K``.

    A metric means the same in each of the ``rows``; what reads it raises ``UsageError`` where it may mean several values.
    """
    split = split_key(key)
    if split is None:
        if key == "created":
            return lambda row: to_seconds(row.created)
        if key == "shares":
            return _shares
        if key == "stage":
            return lambda row: (*row.stages, *_shares(row))
        return attrgetter("formats" if key == "format" else key)
    kind, name = split
    if kind != "metric":
        return lambda row: _text(getattr(row, f"{kind}s"), name)
    meant = parse_metric_key(name, ((each.name, each.data) for row in rows for each in row.evaluations))
    return lambda row: None if meant is None else _metric(row, meant)


def _shares(row: VersionRow) -> tuple[str, ...]:
    """Return the stages that a version has a share of, with the percentage: ``production=10``."""
    return tuple(f"{each.stage}={each.share:g}" for each in row.shares)


def unknown_column(key: str, columns: str, known: Sequence[str]) -> UsageError:
    """Return the error for one of some ``columns`` that versions do not have, nor a key among those that are ``known``."""
    message = f"there is no column '{printable(key)}'"
    near = nearest_keys(key, (*VERSION_KEYS, *_SHORT), known)
    shown = near or [*VERSION_KEYS, *(known[:_SHOWN] or ANY_KEYS)]
    meant = ",".join(near[0] if near and each.strip() == key else each for each in columns.split(","))
    return UsageError(
        message, printable(f"there are {', '.join(shown)}"), correction=(columns, meant) if near else None
    )


def exact(key: str, rows: Sequence[VersionRow]) -> Callable[[VersionRow], object]:
    """Return what reads a column from a version as the document has it: times and texts are whole."""
    kind, name = split_key(key) or (None, "")
    if kind in ("param", "tag"):
        return lambda row: getattr(row, f"{kind}s").get(name)
    return attrgetter("created") if key == "created" else column(key, rows)


def _metric(row: VersionRow, key: MetricKey) -> float | str | None:
    found = value_of(newest_by_data(row.evaluations), key, row.ref)
    return None if found is None else found.value


def _text(values: Mapping[str, Json], key: str) -> str | None:
    return visible(to_text(values[key])) if key in values else None


def column_cell(key: str, rows: Sequence[VersionRow], clock: Clock) -> Callable[[VersionRow], object]:
    """Return what makes the cell of a column on a terminal."""
    value = column(key, rows)
    if key == "created":
        return lambda row: clock.ago(row.created)
    if key == "size_bytes":
        return lambda row: human_size(row.size_bytes)
    return lambda row: _cell(value(row), six_digits if key.startswith("metric.") else str)


def _cell(value: object, shown: Callable[[str], str]) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else shown(to_text(value))
