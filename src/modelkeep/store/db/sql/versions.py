"""Versions as lines of a list, a window of numbers at a time, and what a list is sorted by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelkeep.domain.answers.versions import Evaluation, VersionRow
from modelkeep.domain.dataset_names import data_name
from modelkeep.domain.json_values import param_value
from modelkeep.domain.labels import fold, label_sort_key
from modelkeep.domain.metrics import keys_of, newest_by_data, one_of_each
from modelkeep.domain.numbers import metric_value
from modelkeep.store.db.interface import Reader, Row
from modelkeep.store.db.sql import shared
from modelkeep.store.db.sql.references import ALIASES
from modelkeep.store.db.sql.statement import statement
from modelkeep.store.db.sql.version_states import holders, standing

ROWS = statement("""
SELECT number, CASE WHEN KNOWN(version.label_seq) THEN label END, time, actor, digest, size_bytes, files,
    (SELECT text FROM description
     WHERE description.model = version.model AND description.version = version.number AND HOLDS(description))
FROM version WHERE model = :model AND number BETWEEN :first AND :last
""")

SORTED_BY = statement("""
SELECT number, CASE WHEN KNOWN(version.label_seq) THEN label END, actor, size_bytes FROM version
WHERE model = :model AND number BETWEEN :first AND :last
""")

MADE_BY = """
SELECT number, seq FROM version WHERE model = :model AND number BETWEEN :first AND :last
"""

AUTHORS = """
SELECT version.number, entry_text.value
FROM version JOIN entry_text ON entry_text.seq = version.seq AND entry_text.field = 'author'
WHERE version.model = :model AND version.number BETWEEN :first AND :last
"""

# Params, metrics and tags: all of them, or those of one ``:key``.
PARAMS = """
SELECT version.number, substr(entry_text.field, 7), entry_text.value
FROM version JOIN entry_text ON entry_text.seq = version.seq
WHERE version.model = :model AND version.number BETWEEN :first AND :last
    AND substr(entry_text.field, 1, 6) = 'param.' AND (CAST(:key AS TEXT) IS NULL OR entry_text.field = 'param.' || :key)
ORDER BY version.number, entry_text.position
"""

# All values, the newest of a name first.
EVALUATIONS = statement("""
SELECT metric.version, metric.name, metric.value, metric.on_name, metric.on_version, metric.on_digest,
    entry_index.time, entry_action.actor
FROM metric
JOIN entry_index ON entry_index.seq = metric.seq
JOIN entry_action ON entry_action.seq = metric.seq
WHERE metric.model = :model AND metric.version BETWEEN :first AND :last AND KNOWN(metric.seq)
ORDER BY metric.version, metric.name, metric.seq DESC
""")

# The values of the metrics that a key may mean: those whose names the key begins with.
METRICS = statement("""
SELECT version, name, value, on_name, on_version, on_digest FROM metric
WHERE model = :model AND version BETWEEN :first AND :last AND KNOWN(metric.seq)
    AND substr(:key, 1, length(name)) = name
ORDER BY version, name, seq DESC
""")

# All keys there are, for the message about one that is not there.
METRIC_KEYS = statement("""
SELECT DISTINCT name, on_name, on_version, on_digest FROM metric
WHERE model = :model AND KNOWN(metric.seq) ORDER BY name
""")

TAGS = statement("""
SELECT version, key, value FROM tag
WHERE model = :model AND version BETWEEN :first AND :last AND HOLDS(tag) AND (CAST(:key AS TEXT) IS NULL OR key = :key)
ORDER BY version, key
""")

PARAM_KEYS = statement("""
SELECT DISTINCT substr(entry_text.field, 7)
FROM version JOIN entry_text ON entry_text.seq = version.seq
WHERE version.model = :model AND KNOWN(version.seq) AND substr(entry_text.field, 1, 6) = 'param.'
ORDER BY 1
""")

TAG_KEYS = statement("""
SELECT DISTINCT key FROM tag
WHERE model = :model AND version > 0 AND HOLDS(tag) ORDER BY key
""")

# The inspections of versions and the formats that each found, oldest first.
FORMATS = statement("""
SELECT version, kind, name FROM version_fact
WHERE model = :model AND version BETWEEN :first AND :last AND kind IN ('format', 'inspection') AND KNOWN(seq)
ORDER BY version, seq, kind DESC, name
""")

# The newest versions of all models; numbers of entries are theirs too. ``:deleted`` lets the deleted ones in.
NEWEST_OF_ALL = statement(f"""
SELECT model, number, seq FROM version
WHERE seq < :before AND KNOWN(version.seq) AND (:deleted OR NOT {shared.IS_DELETED})
ORDER BY seq DESC LIMIT :count
""")

_GAP = 32


def version_rows(reader: Reader, at: int | None, model: int, name: str, numbers: Sequence[int]) -> list[VersionRow]:
    """Return lines for versions of one model that there were at a moment, in the order of ``numbers``."""
    aliases: dict[int, list[str]] = {}
    for alias, number in ALIASES.rows(reader, at, model=model):
        aliases.setdefault(number, []).append(alias)
    found: dict[int, VersionRow] = {}
    for first, last in spans(numbers):
        where = {"model": model, "first": first, "last": last}
        there = standing(reader, at, model, first, last)
        authors: dict[int, str] = dict(reader.rows(AUTHORS, **where))
        broken: dict[int, tuple[str, ...]] = {}
        for each in holders(reader, at, model):
            for one in each.versions:
                if one.waived:
                    broken[one.version] = (*broken.get(one.version, ()), each.stage)
        params = _by_version(reader.rows(PARAMS, **where, key=None))
        evaluations = evaluations_of(reader, at, model, first, last)
        tags = _by_version(TAGS.rows(reader, at, **where, key=None))
        formats = formats_of(reader, at, model, first, last)
        for number, label, time, actor, digest, size_bytes, files, described in ROWS.rows(reader, at, **where):
            found[number] = VersionRow(
                ref=f"{name}@{number}",
                name=name,
                version=number,
                label=label,
                state=there.state(number),
                stages=there.stages.get(number, ()),
                shares=there.shares.get(number, ()),
                aliases=tuple(aliases.get(number, ())),
                bad=number in there.bad,
                archived=there.is_archived(number),
                created=time,
                author=authors.get(number) or actor,
                digest=digest,
                size_bytes=size_bytes,
                files=files,
                metrics=values_of(evaluations.get(number, ())),
                evaluations=tuple(evaluations.get(number, ())),
                params={key: param_value(text) for key, text in params.get(number, {}).items()},
                tags=tags.get(number, {}),
                deleted=number in there.deleted,
                break_glass=broken.get(number, ()),
                formats=formats.get(number, ()),
                description=described,
            )
    return [found[number] for number in numbers if number in found]  # a number that was left out has no row


def evaluations_of(reader: Reader, at: int | None, model: int, first: int, last: int) -> dict[int, list[Evaluation]]:
    """Return all values of the metrics of some versions: by name, the newest first."""
    found: dict[int, list[Evaluation]] = {}
    where = {"model": model, "first": first, "last": last}
    for number, name, value, on_name, on_version, on_digest, time, actor in EVALUATIONS.rows(reader, at, **where):
        data = None if on_name is None else data_name(on_name, on_version, on_digest)
        found.setdefault(number, []).append(Evaluation(name, metric_value(value), data, time, actor))
    return found


def formats_of(reader: Reader, at: int | None, model: int, first: int, last: int) -> dict[int, tuple[str, ...]]:
    """Return the formats that the newest inspection of each version found."""
    found: dict[int, tuple[str, ...]] = {}
    for number, kind, name in FORMATS.rows(reader, at, model=model, first=first, last=last):
        found[number] = () if kind == "inspection" else (*found.get(number, ()), name)
    return found


def values_of(evaluations: Sequence[Evaluation]) -> dict[str, float | str]:
    """Return what each bare name of a metric means for a version."""
    return {name: each.value for name, each in one_of_each(newest_by_data(evaluations)).items()}


def made_by(reader: Reader, model: int, first: int, last: int) -> dict[int, int]:
    """Return the entry that made each version of a window."""
    return dict(reader.rows(MADE_BY, model=model, first=first, last=last))


def tagged(
    reader: Reader, at: int | None, tags: Iterable[tuple[str, str | None]], model: int, first: int, last: int
) -> frozenset[int]:
    """Return the versions of a window that have all the tags, each with a value or with any (None)."""
    found = [
        {
            number
            for number, _, value in TAGS.rows(reader, at, model=model, first=first, last=last, key=key)
            if wanted in (None, value)
        }
        for key, wanted in tags
    ]
    return frozenset(set.intersection(*found)) if found else frozenset()


def sort_values(reader: Reader, at: int | None, sort: str, model: int, numbers: Sequence[int]) -> dict[int, str | int]:
    """Return what versions of a model have for size, label, author, param.K or tag.K; the others have nothing."""
    where = {"model": model, "first": min(numbers), "last": max(numbers)}
    kind, _, key = sort.partition(".")
    match kind:
        case "param":
            return {number: value for number, _, value in reader.rows(PARAMS, **where, key=key)}
        case "tag":
            return {number: value for number, _, value in TAGS.rows(reader, at, **where, key=key)}
    rows = SORTED_BY.rows(reader, at, **where)
    match kind:
        case "label":
            return {number: label_sort_key(label) for number, label, _, _ in rows if label is not None}
        case "author":
            named: dict[int, str] = dict(reader.rows(AUTHORS, **where))
            return {number: fold(named.get(number) or actor) for number, _, actor, _ in rows}
        case _:
            return {number: size_bytes for number, _, _, size_bytes in rows}


def metric_values(
    reader: Reader, at: int | None, key: str, model: int, numbers: Sequence[int]
) -> dict[int, dict[str, dict[str | None, str]]]:
    """Return the newest values of the metrics that ``metric.KEY`` may mean, of each version by name and data."""
    found: dict[int, dict[str, dict[str | None, str]]] = {}
    first, last = min(numbers), max(numbers)
    rows = METRICS.rows(reader, at, model=model, first=first, last=last, key=key)
    for number, name, value, on_name, on_version, on_digest in rows:
        data = None if on_name is None else data_name(on_name, on_version, on_digest)
        found.setdefault(number, {}).setdefault(name, {}).setdefault(data, value)
    return found


def keys(reader: Reader, at: int | None, kind: str, models: Iterable[int]) -> list[str]:
    """Return the keys of the metrics, params or tags (``kind``) of models."""
    select = {"metric": METRIC_KEYS, "param": PARAM_KEYS, "tag": TAG_KEYS}[kind]
    rows = [row for model in models for row in select.rows(reader, at, model=model)]
    if kind == "metric":
        return keys_of((name, None if on[0] is None else data_name(*on)) for name, *on in rows)
    return sorted({key for (key,) in rows})


def newest_of_all(
    reader: Reader, at: int | None, before: int, count: int, *, deleted: bool
) -> list[tuple[int, int, int]]:
    """Return model, number and entry of the newest versions before an entry, newest first."""
    rows = NEWEST_OF_ALL.rows(reader, at, before=before, count=count, deleted=int(deleted))
    return [(model, number, seq) for model, number, seq in rows]


def spans(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return ranges that hold all the numbers and little else."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number - found[-1][1] <= _GAP:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def _by_version(rows: Sequence[Row]) -> dict[int, dict[str, str]]:
    """Return the values of each version by key; of the same key the last row counts."""
    found: dict[int, dict[str, str]] = {}
    for number, key, value in rows:
        found.setdefault(number, {})[key] = value
    return found
