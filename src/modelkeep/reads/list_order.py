"""The order of ``list``: what ``--sort KEY[:asc|desc]`` means, and versions sorted by it.

A metric without a direction is sorted by which is best: as the policy says, else by its name, else the highest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from modelkeep.domain.keys import ANY_KEYS, nearest_keys, split_key, unknown_key
from modelkeep.domain.labels import fold
from modelkeep.domain.metric_directions import LOWER, direction_of
from modelkeep.domain.metrics import parse_metric_key, several_data
from modelkeep.domain.numbers import as_number
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.reads.roles import rules_at
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import versions as version_queries

_METRIC = "metric."
#: How many keys of the registry a message names.
_SHOWN = 10
_PLAIN_KEYS = ("name", "version", "created", "author", "size", "label")
#: What ``--sort`` takes; K is the name of a metric, param or tag.
SORT_KEYS = (*_PLAIN_KEYS, *ANY_KEYS)


class Order(Struct, frozen=True):
    """What versions are sorted by; ``descending`` None puts the best first."""

    key: str
    descending: bool | None


NEWEST_FIRST = Order("created", descending=True)


class Candidate(Struct, frozen=True):
    """A version that is to be listed; ``seq`` is the entry that made it."""

    model: int
    name: str
    number: int
    seq: int


def parse_order(text: str | None, known: Callable[[], Sequence[str]]) -> Order:
    """Return the order that ``KEY[:asc|desc]`` means: only a final ``:asc`` or ``:desc`` is the direction.

    ``known`` returns the keys that versions have (``metric.auc``), for the message about another one.
    """
    if text is None:
        return NEWEST_FIRST
    key, colon, word = text.rpartition(":")
    descending: bool | None = word == "desc"
    if not colon or word not in ("asc", "desc"):
        key, descending = text, None if text.startswith(_METRIC) else False
    if split_key(key) is not None or key in _PLAIN_KEYS:
        return Order(key, descending)
    message = f"versions cannot be sorted by '{printable(text)}'"
    keys = known()
    plain, _, direction = key.removeprefix("-").replace(" ", ":").partition(":")
    near = [plain] if split_key(plain) is not None else nearest_keys(plain, _PLAIN_KEYS, keys)
    if near:
        way = direction.lower() if direction.lower() in ("asc", "desc") else word if key != text else "desc"
        meant = near[0] if near[0] not in _PLAIN_KEYS and key == text == plain else f"{near[0]}:{way}"
        raise UsageError(message, printable(meant), correction=(text, meant))
    shown = [*_PLAIN_KEYS, *(keys[:_SHOWN] or ANY_KEYS)]
    raise UsageError(message, printable(f"KEY[:asc|desc], where KEY is {', '.join(shown)}"))


def sorted_by(
    reader: Reader, at: int | None, found: Iterable[Candidate], order: Order, say: Callable[[str], None]
) -> list[Candidate]:
    """Return versions in an order, the newer first among equals; ``say`` is told where the best may not come first."""
    newest_first = sorted(found, key=lambda each: each.seq, reverse=True)
    own = {
        "name": lambda each: fold(each.name),
        "version": lambda each: each.number,
        "created": lambda each: each.seq,
    }
    if order.key in own:
        return sorted(newest_first, key=own[order.key], reverse=bool(order.descending))
    by_model: dict[int, list[int]] = {}
    for each in newest_first:
        by_model.setdefault(each.model, []).append(each.number)
    values, metric = _values(reader, at, order.key, by_model)
    if order.descending is None:
        rules = rules_at(reader, at)
        better = None if metric is None else direction_of(metric, () if rules is None else rules.metrics)
        order = Order(order.key, better != LOWER)
        if metric is not None and better is None:
            turned = printable(f"{order.key}:asc")
            say(
                f"note: the largest {printable(metric)} is first: its name does not tell what is better; --sort {turned} turns it"
            )
    if newest_first and not values:
        _check_key(reader, at, order.key, by_model)
    return _ordered([(values.get((each.model, each.number)), each) for each in newest_first], order)


def _values(
    reader: Reader, at: int | None, key: str, by_model: Mapping[int, Sequence[int]]
) -> tuple[dict[tuple[int, int], str | int], str | None]:
    """Return what versions have for a key, by model and number, and the name of the metric that it means."""
    if key.startswith(_METRIC):
        return _metric_values(reader, at, key.removeprefix(_METRIC), by_model)
    found: dict[tuple[int, int], str | int] = {}
    for model, numbers in by_model.items():
        values = version_queries.sort_values(reader, at, key, model, numbers)
        found |= {(model, number): values[number] for number in numbers if number in values}
    return found, None


def _metric_values(
    reader: Reader, at: int | None, text: str, by_model: Mapping[int, Sequence[int]]
) -> tuple[dict[tuple[int, int], str | int], str | None]:
    """Return what ``metric.TEXT`` means for each version, and its name; ``UsageError`` unless all are on the same data."""
    newest: dict[tuple[int, int], Mapping[str, Mapping[str | None, str]]] = {}
    for model, numbers in by_model.items():
        read = version_queries.metric_values(reader, at, text, model, numbers)
        newest |= {(model, number): read[number] for number in numbers if number in read}
    known = {(name, data) for each in newest.values() for name, by_data in each.items() for data in by_data}
    key = parse_metric_key(text, known)
    if key is None:
        return {}, None
    measured = {version: each[key.name] for version, each in newest.items() if key.name in each}
    meant = {version: key.candidates(by_data) for version, by_data in measured.items()}
    data = dict.fromkeys(each for found in meant.values() for each in found)
    if len(data) > 1:
        raise several_data(key.name, data, f"{key.name} of these versions")
    return {version: measured[version][found[0]] for version, found in meant.items() if found}, key.name


def _check_key(reader: Reader, at: int | None, key: str, models: Iterable[int]) -> None:
    """Raise ``UsageError`` for a ``metric.K``, ``param.K`` or ``tag.K`` that no version of the models has."""
    split = split_key(key)
    if split is None:
        return
    error = unknown_key(key, version_queries.keys(reader, at, split[0], models))
    if error is not None:
        raise error


def _ordered(items: Sequence[tuple[str | int | None, Candidate]], order: Order) -> list[Candidate]:
    """Sort numbers before texts before what is missing; equals keep their order, whatever the direction."""
    exact = split_key(order.key) is not None
    numbers, texts, missing = [], [], []
    for value, each in items:
        number = as_number(value) if exact and isinstance(value, str) else None
        if number is not None:
            numbers.append((number, each))
        elif value is None:
            missing.append(each)
        else:
            texts.append((value, each))
    numbers.sort(key=lambda pair: pair[0], reverse=bool(order.descending))
    # The values of one key are all texts or all whole numbers.
    texts.sort(key=lambda pair: pair[0], reverse=bool(order.descending))
    return [each for _, each in numbers] + [each for _, each in texts] + missing
