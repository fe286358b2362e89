"""A metric over versions: the one that is asked for, or the main one (`domain.main_metric`).

The metric and the change of a version do not depend on the versions that are shown beside it. The main metric and its data are those of the
newest 50 versions of the model. A change is against the nearest version before it, of the 50 numbers before it, that was
measured on the same data and is not deleted.
"""

from __future__ import annotations

from bisect import bisect_left
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
from modelkeep.domain.numbers import metric_value
from modelkeep.reads.references import version_or_model
from modelkeep.reads.roles import rules_at
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.version_states import deleted_numbers, newest, standing, walk
from modelkeep.store.db.sql.versions import evaluations_of, metric_values, spans

#: A version: its model and number.
_Version = tuple[int, int]
_NEWEST = _BACK = 50


def trend(context: Context, refs: Sequence[str], metric: str | None, moment: str | AsOf | None) -> Trend:
    """Return a metric of versions in their order, each against the version before it.

    A bare name stands for the newest 50 versions that are neither archived nor deleted, oldest first.
    """
    with snapshot(context, moment) as (reader, at):
        return over(context, reader, at, refs, metric)


def over(context: Context, reader: Reader, at: int | None, refs: Sequence[str], metric: str | None) -> Trend:
    """Return what `trend` returns, as of entry ``at`` (None: now)."""
    chosen = [each for ref in refs for each in _versions(reader, at, context, ref)]
    rules = rules_at(reader, at)
    numbers: dict[int, list[int]] = {}
    for model, _, number in chosen:
        numbers.setdefault(model, []).append(number)
    ends = {model: newest(reader, at, model) for model in numbers}
    recent = {model: range(max(end - _NEWEST, 0) + 1, end + 1) for model, end in ends.items()}
    measured = _measured(reader, at, {model: {*there, *recent[model]} for model, there in numbers.items()})
    shown = [measured.get((model, number), {}) for model, _, number in chosen]
    gone = {
        model: deleted_numbers(reader, at, model, there[0], there[-1]) if there else ()
        for model, there in recent.items()
    }
    lately = [
        measured.get((model, number), {})
        for model, there in recent.items()
        for number in there
        if number not in gone[model]
    ]
    if metric is None:
        key = main_metric(lately, rules)
        if key is None or not any(key.name in each for each in shown):
            key, lately = main_metric(shown, rules), shown
    else:
        key, lately = _asked_for(metric, [(name, on) for each in shown for name in each for on in each[name]]), shown
    names = [f"{name}@{number}" for _, name, number in chosen]
    if key is None:
        return Trend(None, None, tuple(TrendPoint(ref, None) for ref in names))
    better = direction_of(key.name, () if rules is None else rules.metrics)
    data = key.data or _data_of_most([each.get(key.name, {}) for each in lately])
    good, earlier = _standing_and_before(reader, at, MetricKey(key.name, data), numbers)
    points = []
    for (model, name, number), ref, by_name in zip(chosen, names, shown, strict=True):
        by_data = by_name.get(key.name, {})
        here, before = by_data.get(data), earlier.get((model, number))
        point = TrendPoint(
            ref,
            None if here is None else here.value,
            None if here is None else data,
            eligible=(model, number) in good,
            elsewhere=tuple(by_data.values()) if here is None else (),
        )
        other = None if before is None else TrendPoint(f"{name}@{before[0]}", metric_value(before[1]), data)
        points.append(point.beside(other, better))
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


def _measured(reader: Reader, at: int | None, numbers: Mapping[int, set[int]]) -> dict[_Version, ByData[Evaluation]]:
    """Return the newest values of each version."""
    found: dict[_Version, ByData[Evaluation]] = {}
    for model, there in numbers.items():
        for first, last in spans(there):
            for number, evaluations in evaluations_of(reader, at, model, first, last).items():
                found[model, number] = newest_by_data(evaluations)
    return found


def _data_of_most(values: Sequence[Mapping[str | None, Evaluation]]) -> str | None:
    """Return the data that most versions were measured on, None for without data, also of equals; else those of the newest."""
    count = Counter(data for by_data in reversed(values) for data in by_data)
    return max(count, key=lambda data: (count[data], data is None), default=None)


def _standing_and_before(
    reader: Reader, at: int | None, key: MetricKey, numbers: Mapping[int, Sequence[int]]
) -> tuple[set[_Version], dict[_Version, tuple[int, str]]]:
    """Return which versions are neither bad nor archived nor deleted, and number and value of the one before each."""
    good: set[_Version] = set()
    before: dict[_Version, tuple[int, str]] = {}
    for model, asked in numbers.items():
        windows = spans({near for number in asked for near in range(max(number - _BACK, 1), number + 1)})
        for first, last in windows:
            there = standing(reader, at, model, first, last)
            measured = metric_values(reader, at, key.name, model, (first, last))
            values = {
                number: by_name[key.name][key.data]
                for number, by_name in sorted(measured.items())
                if key.data in by_name.get(key.name, {}) and number not in there.deleted
            }
            known = list(values)
            for number in (each for each in asked if first <= each <= last):
                if there.is_latest(number):
                    good.add((model, number))
                place = bisect_left(known, number) - 1
                if place >= 0 and number - known[place] <= _BACK:
                    before[model, number] = known[place], values[known[place]]
    return good, before
