"""Which value a metric has: the one rule for every answer, comparison and gate.

A metric belongs to a version, a name and the data that it was measured on; the newest value of a name and data counts.
``metric.auc`` means the value without data, else that on the only data there is, and none where there are several.
``metric.auc@holdout@3`` means the value on that data alone, ``metric.auc@`` the one without data alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from modelkeep.domain.text import printable
from modelkeep.errors import AmbiguousKey

T = TypeVar("T")

#: What was measured of one version: by name and then by data (None: without data).
ByData: TypeAlias = Mapping[str, Mapping[str | None, T]]


class Measured(Protocol):
    """A value of a metric, and the data that it was measured on."""

    @property
    def name(self) -> str:
        """The name of the metric."""

    @property
    def data(self) -> str | None:
        """The data it was measured on, None without data."""


M = TypeVar("M", bound=Measured)


class MetricKey(NamedTuple):
    """What ``metric.TEXT`` means: a metric by the rule (``data`` None), or on that data alone (empty: without data)."""

    name: str
    data: str | None = None

    def __str__(self) -> str:
        """Return it as it is typed: ``auc``, ``auc@holdout@3``, ``auc@``."""
        return self.name if self.data is None else f"{self.name}@{self.data}"

    def candidates(self, data: Iterable[str | None]) -> tuple[str | None, ...]:
        """Return which of the data that the metric was measured on it may mean: by the rule, there are none or one."""
        found = tuple(dict.fromkeys(data))
        if self.data is None:
            return (None,) if None in found else found
        return tuple(each for each in found if each == (self.data or None))


def newest_by_data(evaluations: Iterable[M]) -> dict[str, dict[str | None, M]]:
    """Return the newest value of each name and data, from values of one version with the newest first."""
    found: dict[str, dict[str | None, M]] = {}
    for each in evaluations:
        found.setdefault(each.name, {}).setdefault(each.data, each)
    return found


def one_of_each(newest: ByData[T]) -> dict[str, T]:
    """Return the value that each bare name means; a name that may mean several is left out."""
    found = {}
    for name, by_data in newest.items():
        data = MetricKey(name).candidates(by_data)
        if len(data) == 1:
            found[name] = by_data[data[0]]
    return found


def value_of(newest: ByData[T], key: MetricKey, ref: str) -> T | None:
    """Return what a key means of the version ``ref``, None where it has none; several raise ``AmbiguousKey``."""
    by_data = newest.get(key.name, {})
    data = key.candidates(by_data)
    if len(data) > 1:
        raise several_data(key.name, data, f"{key.name} of {ref}")
    return by_data[data[0]] if data else None


def several_data(name: str, data: Iterable[str | None], what: str) -> AmbiguousKey:
    """Return the error for a bare name that means no one value, because of the data."""
    places = list(data)
    on = f"on {' and '.join(each for each in places if each is not None)}"
    message = f"{what} was measured {f'without data, and {on}' if None in places else on}: which is meant?"
    return _ambiguous(message, name, [f"{name}@{each or ''}" for each in places])


def parse_metric_key(text: str, known: Iterable[tuple[str, str | None]]) -> MetricKey | None:
    """Return what ``metric.TEXT`` means among the names and data that are known, None where nothing fits.

    TEXT as a whole comes first, then every split at an ``@``; more than one that fits raises ``AmbiguousKey``.
    """
    pairs = set(known)
    if any(name == text for name, _ in pairs):
        return MetricKey(text)
    splits = [MetricKey(text[:at], text[at + 1 :].removeprefix("data:")) for at, each in enumerate(text) if each == "@"]
    fitting = [key for key in splits if (key.name, key.data or None) in pairs]
    if len(fitting) <= 1:
        return fitting[0] if fitting else None
    message = f"'metric.{text}' may mean {' or '.join(f'{key.name} on {key.data}' for key in fitting)}"
    raise _ambiguous(message, text, [f"{key.name}@data:{key.data}" for key in fitting])


def _ambiguous(message: str, text: str, meant: Iterable[str]) -> AmbiguousKey:
    keys = tuple(printable(f"metric.{each}") for each in meant)
    return AmbiguousKey(printable(message), printable(f"metric.{text}"), keys)


def spelled(known: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], str]:
    """Return the text that means each name and data behind ``metric.``: ``auc``, ``auc@holdout@3``.

    It is ``auc@data:holdout@3`` where a metric has the name ``auc@holdout@3``, or is on data that makes the same text.
    """
    plain = {(name, data): str(MetricKey(name, data)) for name, data in known}
    taken = Counter(plain.values()) + Counter({name for name, data in plain if data is not None})
    return {
        (name, data): text if data is None or taken[text] == 1 else f"{name}@data:{data}"
        for (name, data), text in plain.items()
    }


def keys_of(known: Iterable[tuple[str, str | None]]) -> list[str]:
    """Return what may be typed behind ``metric.``: each name, and each name with its data."""
    texts = spelled(known)
    on_data = (f"{name}@" if data is None else text for (name, data), text in texts.items())
    return list(dict.fromkeys([*(name for name, _ in texts), *on_data]))
