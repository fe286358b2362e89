"""The main metric of versions, one after the other."""

from __future__ import annotations

from msgspec.structs import replace

from modelkeep.domain.answers.versions import Evaluation
from modelkeep.domain.json_values import to_text
from modelkeep.domain.metric_directions import verdict_of
from modelkeep.domain.numbers import difference, metric_value
from modelkeep.domain.record import Answer


class TrendPoint(Answer, frozen=True):
    """The value of a version and the data it was measured on, None where it has none.

    ``against`` is the nearest version before it that was measured on the same data, ``difference`` how much more the value
    is than that one's, and ``verdict`` whether it is ``better``, ``worse`` or the ``same``. ``eligible`` says that the version
    is neither bad nor archived nor deleted. ``elsewhere`` are the values on other data, where it has none on these.
    """

    ref: str
    value: float | str | None
    data: str | None = None
    against: str | None = None
    difference: float | str | None = None
    verdict: str | None = None
    eligible: bool = True
    elsewhere: tuple[Evaluation, ...] = ()

    def beside(self, before: TrendPoint | None, better: str | None) -> TrendPoint:
        """Return this value against another one; without a change where one is missing, no number, or on other data."""
        if before is None or self.data != before.data or self.value is None or before.value is None:
            return self
        less = difference(to_text(self.value), to_text(before.value))
        if less is None:
            return self
        return replace(self, against=before.ref, difference=metric_value(less), verdict=verdict_of(less, better))


class Trend(Answer, frozen=True):
    """A metric of versions in their order; ``better`` is ``higher`` or ``lower``, None where neither is known.

    ``metric`` is as it is typed behind ``metric.``, None where no version has a metric. All values were measured on the same
    data: those that most of the versions were measured on, if none were asked for.
    """

    metric: str | None
    better: str | None
    points: tuple[TrendPoint, ...]

    def against(self, before: str | None, ref: str) -> TrendPoint | None:
        """Return the value of a version against that of the version ``before``; None for a version without a point."""
        points = {each.ref: each for each in self.points}
        found, other = points.get(ref), None if before in (None, ref) else points.get(before or "")
        if found is None:
            return None
        return TrendPoint(
            found.ref, found.value, found.data, eligible=found.eligible, elsewhere=found.elsewhere
        ).beside(other, self.better)
