"""The numbers of a report of Evidently, as signals.

Three forms are read: ``{"metrics": [{"metric_name", "value"}]}`` of Evidently 0.7.16 and later, ``metric_id`` in place of
``metric_name`` before that, and ``{"metrics": [{"metric", "result"}]}`` of its old API. A value is a number or an object
of numbers, by label also of objects; the keys are joined by dots: ``DriftedColumnsCount(drift_share=0.5).share``. The old
API calls a metric of each column alike, so the column is added: ``ColumnDriftMetric(age).drift_score``. What is no finite
number is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from math import isfinite
from typing import Any

from modelkeep.domain.numbers import Number, as_number
from modelkeep.domain.policy.words import check_signal_name
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.provenance.value_files import read_bytes

_LARGEST_BYTES = 16 * 1024 * 1024
#: How many signals one report may become.
MOST_SIGNALS = 100


def read_report(path: str, wanted: str | None) -> tuple[tuple[str, str], ...]:
    """Return the names and values of a report in JSON; ``wanted`` is a glob that the names must match.

    ``UsageError`` for what is no report, where no number or too many are left, where two have one name, and where one has
    no name for a signal.
    """
    import json

    data = read_bytes(path, most_bytes=_LARGEST_BYTES)
    try:
        report = json.loads(data, parse_float=Number, parse_int=Number)
    except (ValueError, RecursionError) as error:
        message = f"{printable(path)} is no JSON"
        raise UsageError(message, 'report.save_json("report.json")') from error
    metrics = report.get("metrics") if isinstance(report, dict) else None
    if not isinstance(metrics, list):
        message = f"{printable(path)} is no report of Evidently: it has no list of metrics"
        raise UsageError(message, 'report.save_json("report.json")')
    named = [pair for each in metrics if isinstance(each, dict) for pair in _numbers(each)]
    found = tuple(dict.fromkeys(pair for pair in named if wanted is None or fnmatchcase(pair[0], wanted)))
    if not found:
        what = "a number" if wanted is None else f"a number that is called {printable(wanted)}"
        message = f"no metric of {printable(path)} is {what}"
        raise UsageError(
            message, printable(f"there are {', '.join(name for name, _ in named[:10])}") if named else None
        )
    if len(found) > MOST_SIGNALS:
        message = f"{printable(path)} has {len(found)} numbers, more than {MOST_SIGNALS}"
        raise UsageError(message, "name those that matter: modelkeep signal REF 'Drifted*' --evidently report.json")
    values = dict(found)
    for name, value in found:
        check_signal_name(name)
        if values[name] != value:
            message = f"{printable(path)} has two numbers that are called {printable(name)}"
            raise UsageError(message, "modelkeep signal fraud@3 drift 0.31        (one of them, by a name of its own)")
    return found


def _numbers(metric: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each number of a metric."""
    name = metric.get("metric_name") or metric.get("metric_id") or metric.get("metric")
    value = metric["value"] if "value" in metric else metric.get("result")
    if not isinstance(name, str):
        return
    if "metric" in metric and isinstance(value, dict) and isinstance(column := value.get("column_name"), str):
        name = f"{name}({column})"
    waiting = [(name, value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{name}.{key}", each) for key, each in reversed(value.items())]
        elif isinstance(value, Number) and isfinite(value) and as_number(value.text) is not None:
            yield name, value.text
