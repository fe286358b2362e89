"""A metric over versions: the one that is asked for, or the main one (`domain.main_metric`)."""

from __future__ import annotations

from collections.abc import Sequence
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
from modelkeep.store.db.sql.version_states import walk
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
    better = None if key is None else direction_of(key.name, () if rules is None else rules.metrics)
    refs = [f"{name}@{number}" for _, name, number in chosen]
    return Trend(None if key is None else str(key), better, _points(refs, newest, key, better))


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


def _points(
    refs: Sequence[str], newest: Sequence[ByData[Evaluation]], key: MetricKey | None, better: str | None
) -> tuple[TrendPoint, ...]:
    last: dict[str | None, TrendPoint] = {}
    points = []
    for ref, by_data in zip(refs, newest, strict=True):
        places = () if key is None else key.candidates(by_data.get(key.name, {}))
        if key is None or len(places) != 1:
            points.append(TrendPoint(ref, None))
            continue
        data = places[0]
        points.append(TrendPoint(ref, by_data[key.name][data].value, data).beside(last.get(data), better))
        last[data] = points[-1]
    return tuple(points)
