"""Which metric stands for a version where there is room for one: in a list, in the history of a stage, on the page.

The rule, for versions that are shown together:

1. the metric that was asked for, as by ``--sort metric.K``;
2. else the first that the policy names and one of the versions has: in a gate of the highest stage, then of the lower
   stages, then as a metric with a direction;
3. else, of the metrics whose direction is known (`metric_directions`), the one that most of the versions have; without
   such a metric, of all of them. Of equals the first by name.

Its value is what the bare name means (`metrics`). Where no version has such a value, because each measured it on several
data, it is the value on the data that most versions have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from modelkeep.domain.metric_directions import direction_of
from modelkeep.domain.metrics import ByData, MetricKey

if TYPE_CHECKING:
    from modelkeep.domain.policy.rules import Rules


def main_metric(measured: Sequence[ByData[Any]], rules: Rules | None = None) -> MetricKey | None:
    """Return the main metric of versions, None where they have no metric; ``measured`` is what each of them has."""
    count = Counter(name for newest in measured for name in newest)
    for name, data in () if rules is None else _named(rules):
        if name in count:
            return _on_data(name, data, measured)
    if not count:
        return None
    told = () if rules is None else rules.metrics
    name = min(count, key=lambda each: (direction_of(each, told) is None, -count[each], each))
    return _on_data(name, None, measured)


def _named(rules: Rules) -> Iterable[tuple[str, str | None]]:
    """Yield the metrics that a policy names, with the data of its gates."""
    for stage in reversed(rules.stages):
        yield from ((gate.metric, gate.data) for gate in stage.gates)
    yield from ((each.metric, None) for each in rules.metrics)


def _on_data(name: str, data: str | None, measured: Sequence[ByData[Any]]) -> MetricKey:
    """Return the key of a metric: by the rule of bare names, else on the data that most versions have."""
    places = [newest.get(name, {}) for newest in measured]
    if data is None and any(len(MetricKey(name).candidates(each)) == 1 for each in places):
        return MetricKey(name)
    fitting = Counter(
        on for each in places for on in each if on is not None and (data in (None, on) or on.startswith(f"{data}@"))
    )
    return MetricKey(name, min(fitting, key=lambda on: (-fitting[on], on)) if fitting else None)
