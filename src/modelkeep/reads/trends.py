"""A metric over versions: the one that is asked for, or the main one (`domain.main_metric`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from modelkeep.context import Context
from modelkeep.domain.answers.trends import Trend, TrendPoint
from modelkeep.domain.answers.versions import AsOf, Evaluation
from modelkeep.domain.keys import unknown_key
from modelkeep.domain.main_metric import main_metric
from modelkeep.domain.metric_directions import direction_of
from modelkeep.domain.metrics import ByData, MetricKey, keys_of, newest_by_data, parse_metric_key
from modelkeep.reads.references import version_or_model
from modelkeep.reads.roles import rules_at
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.version_states import standing, walk
from modelkeep.store.db.sql.versions import evaluations_of, spans

_NEWEST = 50


def trend(context: Context, refs: Sequence[str], metric: str | None, moment: str | AsOf | None) -> Trend:
    """Return a metric of versions in their order, each against the one before it.

    A bare name stands for the newest 50 versions that are neither archived nor deleted, oldest first.
    """
    with snapshot(context, moment) as (reader, at):
        return over(context, reader, at, refs, metric)


def over(context: Context, reader: Reader, at: int | None, refs: Sequence[str], metric: str | None) -> Trend:
    """Return what `trend` returns, as of entry ``at`` (None: now)."""
    chosen = [each for ref in refs for each in _versions(reader, at, context, ref)]
    rules = rules_at(reader, at)
    measured = _measured(reader, at, chosen)
    newest = [measured.get((model, number), {}) for model, _, number in chosen]
    if metric is None:
        key = main_metric(newest, rules)
    else:
        key = _asked_for(metric, [(name, on) for each in newest for name in each for on in each[name]])
    refs = [f"{name}@{number}" for _, name, number in chosen]
    if key is None:
        return Trend(None, None, tuple(TrendPoint(ref, None) for ref in refs))
    better = direction_of(key.name, () if rules is None else rules.metrics)
    values = [each.get(key.name, {}) for each in newest]
    data = key.data or _data_of_most(values)
    good = _eligible(reader, at, chosen)
    points = []
    last: TrendPoint | None = None
    for (model, _, number), ref, by_data in zip(chosen, refs, values, strict=True):
        here = by_data.get(data)
        value = None if here is None else here.value
        point = TrendPoint(
            ref,
            value,
            None if here is None else data,
            eligible=(model, number) in good,
            elsewhere=tuple(by_data.values()) if here is None else (),
        )
        points.append(point.beside(last, better))
        last = last if value is None else points[-1]
    return Trend(str(MetricKey(key.name, data)), better, tuple(points))


def _asked_for(text: str, known: Sequence[tuple[str, str | None]]) -> MetricKey | None:
    """Return the metric that a text means; ``UsageError`` for one that none of the versions has."""
    key = parse_metric_key(text, known)
    error = None if key is not None else unknown_key(f"metric.{text}", keys_of(known))
    if error is not None:
        raise error
    return key


def _versions(reader: Reader, at: int | None, context: Context, ref: str) -> list[tuple[int, str, int]]:
    """Return model, name and number of the versions that a reference means."""
    found = version_or_model(reader, ref, context.say, at)
    if found.number is not None:
        return [(found.model, found.name, found.number)]
    standing = (number for number, there in walk(reader, at, found.model) if not there.is_archived(number))
    return [(found.model, found.name, number) for number in reversed(list(islice(standing, _NEWEST)))]


def _measured(
    reader: Reader, at: int | None, chosen: Sequence[tuple[int, str, int]]
) -> dict[tuple[int, int], ByData[Evaluation]]:
    """Return the newest values of each version, by model and number."""
    found: dict[tuple[int, int], ByData[Evaluation]] = {}
    for model in dict.fromkeys(model for model, _, _ in chosen):
        for first, last in spans(number for of, _, number in chosen if of == model):
            for number, evaluations in evaluations_of(reader, at, model, first, last).items():
                found[model, number] = newest_by_data(evaluations)
    return found


def _data_of_most(values: Sequence[Mapping[str | None, Evaluation]]) -> str | None:
    """Return the data that most versions were measured on, None for without data; of equals those of the newest version."""
    count = Counter(data for by_data in reversed(values) for data in by_data)
    return max(count, key=lambda data: count[data], default=None)


def _eligible(reader: Reader, at: int | None, chosen: Sequence[tuple[int, str, int]]) -> set[tuple[int, int]]:
    """Return model and number of the versions that are neither bad nor archived nor deleted."""
    found = set()
    for model in dict.fromkeys(model for model, _, _ in chosen):
        numbers = [number for of, _, number in chosen if of == model]
        there = standing(reader, at, model, min(numbers), max(numbers))
        found |= {(model, number) for number in numbers if there.is_latest(number)}
    return found
