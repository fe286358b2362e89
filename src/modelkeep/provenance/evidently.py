"""The numbers of a report of Evidently, as signals.

Both of its forms are read: ``{"metrics": [{"metric_name" or "metric_id", "value"}]}`` of 0.7 and later, where a value is a
number or an object of numbers, and ``{"metrics": [{"metric", "result"}]}`` of the versions before. An object's numbers are
named by a dot and their key: ``DriftedColumnsCount(drift_share=0.5).share``. What is no number is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from modelkeep.domain.numbers import as_number
from modelkeep.domain.policy.words import check_signal_name
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError

_LARGEST_BYTES = 16 * 1024 * 1024
#: How many signals one report may become.
MOST_SIGNALS = 100


def read_report(path: str, wanted: str | None) -> tuple[tuple[str, str], ...]:
    """Return the names and values of a report in JSON; ``wanted`` is a glob that the names must match.

    ``UsageError`` for what is no report, where no number or too many are left, and where one has no name for a signal.
    """
    import json

    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        message = f"cannot read {printable(path)}: {error.strerror}"
        raise UsageError(message) from error
    if len(data) > _LARGEST_BYTES:
        message = f"{printable(path)} has more than {_LARGEST_BYTES // 1024**2} MiB"
        raise UsageError(message)
    try:
        report = json.loads(data, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        message = f"{printable(path)} is no JSON"
        raise UsageError(message, 'report.save_json("report.json")') from error
    metrics = report.get("metrics") if isinstance(report, dict) else None
    if not isinstance(metrics, list):
        message = f"{printable(path)} is no report of Evidently: it has no list of metrics"
        raise UsageError(message, 'report.save_json("report.json")')
    named = dict(pair for each in metrics if isinstance(each, dict) for pair in _numbers(each))
    found = tuple((name, value) for name, value in named.items() if wanted is None or fnmatchcase(name, wanted))
    if not found:
        what = "a number" if wanted is None else f"a number that is called {printable(wanted)}"
        message = f"no metric of {printable(path)} is {what}"
        raise UsageError(message, printable(f"there are {', '.join(list(named)[:10])}") if named else None)
    if len(found) > MOST_SIGNALS:
        message = f"{printable(path)} has {len(found)} numbers, more than {MOST_SIGNALS}"
        raise UsageError(message, "name those that matter: modelkeep signal REF 'Drifted*' --evidently report.json")
    for name, _ in found:
        check_signal_name(name)
    return found


def _numbers(metric: dict[str, Any]) -> Iterator[tuple[str, str]]:
    name = metric.get("metric_name") or metric.get("metric_id") or metric.get("metric")
    value = metric["value"] if "value" in metric else metric.get("result")
    if not isinstance(name, str):
        return
    for key, each in value.items() if isinstance(value, dict) else [(None, value)]:
        if isinstance(each, str) and as_number(each) is not None:
            yield (name if key is None else f"{name}.{key}"), each
