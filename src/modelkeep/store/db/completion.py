"""What completion reads from a registry: the names that a half-typed word could become.

It starts at once: it imports a light connection and SQL text, but no value of the domain. A registry that is missing has no
names; a file that is busy, damaged, of another schema or no registry raises an error, which `cli.complete` keeps to itself.

Every list is bounded. A list that was cut still holds the first and the last name: a shell fills in
the common beginning of all candidates, and must not fill in more than what all names share.
"""

from __future__ import annotations

import os

from modelkeep.domain.dataset_names import data_name
from modelkeep.store.db.prefixes import folded, label_key, number_ranges, split_v
from modelkeep.store.db.sql import shared
from modelkeep.store.db.sqlite.light_connection import opened

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, TypeAlias

    from modelkeep.store.db.governed_names import GovernedNames
    from modelkeep.store.db.serving_names import ServingNames

    #: What the word could become, and a short description.
    Candidate: TypeAlias = tuple[str, str]
    #: A version as the SELECTs below return it: number, label, deleted, archived, bad.
    Version: TypeAlias = tuple[int, str | None, int, int, int]

#: Which versions of a model are wanted. Deleted ones never are.
UNARCHIVED, ARCHIVED, ANY = "unarchived", "archived", "any"
#: The longest lists: names of a kind, and numbers or labels of a model.
MOST, MOST_VERSIONS = 50, 20

_LOOKED_AT = 1_000  # rows, of which some may be wanted

_VERSIONS = f"""
SELECT number, label, {shared.IS_DELETED},
    EXISTS (SELECT 1 FROM archived
        WHERE archived.model = version.model AND first <= number AND last >= number AND HOLDS(archived)),
    EXISTS (SELECT 1 FROM mark WHERE mark.model = version.model AND mark.version = number AND HOLDS(mark))
FROM version WHERE model = :model AND
"""
BY_NUMBER = f"{_VERSIONS} number BETWEEN :low AND :high ORDER BY number LIMIT {_LOOKED_AT}"
BY_NUMBER_DOWN = f"{_VERSIONS} number BETWEEN :low AND :high ORDER BY number DESC LIMIT {_LOOKED_AT}"
BY_LABEL = f"{_VERSIONS} label_key >= :low AND label_key < :end ORDER BY label_key LIMIT {_LOOKED_AT}"
BY_LABEL_DOWN = f"{_VERSIONS} label_key >= :low AND label_key < :end ORDER BY label_key DESC LIMIT {_LOOKED_AT}"
LAST_ARCHIVED = "SELECT max(last) FROM archived WHERE model = :model AND HOLDS(archived)"
LAST_MODEL_NAME = """SELECT name FROM model_name WHERE folded >= :low AND folded < :end AND HOLDS(model_name) ORDER BY folded DESC LIMIT 1
"""
# The keys of the newest versions: all keys would be all rows.
_METRIC = "SELECT name, on_name, on_version, on_digest FROM metric"
METRICS = f"{_METRIC} WHERE model = :model ORDER BY version DESC LIMIT {_LOOKED_AT}"
ALL_METRICS = f"{_METRIC} ORDER BY model DESC, version DESC LIMIT {_LOOKED_AT}"
PARAMS = f"""
SELECT substr(entry_text.field, 7) FROM version CROSS JOIN entry_text ON entry_text.seq = version.seq
WHERE version.model = :model AND entry_text.field >= 'param.' AND entry_text.field < 'param/'
ORDER BY version.number DESC LIMIT {_LOOKED_AT}
"""
TAGS = f"SELECT key, value FROM tag WHERE model = :model AND HOLDS(tag) ORDER BY version DESC LIMIT {_LOOKED_AT}"
ALL_TAGS = f"SELECT key, value FROM tag ORDER BY model DESC, version DESC LIMIT {_LOOKED_AT}"
# The next of the distinct values of an indexed column, each of which may stand in many rows.
DATASETS = """
SELECT min(name) FROM (SELECT min(name) AS name FROM dataset WHERE name >= :low AND name < :end
    UNION ALL SELECT min(name) FROM data_version WHERE name >= :low AND name < :end
    UNION ALL SELECT min(on_name) FROM metric WHERE on_name >= :low AND on_name < :end) HAVING min(name) IS NOT NULL
"""
COMMITS = (
    "SELECT code_commit FROM version WHERE code_commit >= :low AND code_commit < :end ORDER BY code_commit LIMIT 1"
)
RUNS = "SELECT id FROM run WHERE id >= :low AND id < :end ORDER BY id LIMIT 1"
ACTORS = "SELECT actor FROM entry_action WHERE actor >= :low AND actor < :end ORDER BY actor LIMIT 1"
_VERSION_OF = "max(data_version) AS found FROM {} WHERE name = :name AND data_version >= :low AND data_version < :end"
DATA_VERSIONS = f"""
SELECT max(found) FROM (SELECT {_VERSION_OF.format("dataset")} UNION ALL SELECT {_VERSION_OF.format("data_version")}
    UNION ALL SELECT max(on_version) FROM metric WHERE on_name = :name AND on_version >= :low AND on_version < :end)
HAVING max(found) IS NOT NULL
"""


class Names:
    """The names in one registry, read when they are asked for."""

    def __init__(self, directory: str) -> None:
        self._connection = opened(os.path.join(directory, "registry.db"))

    def models(self, prefix: str, which: str = UNARCHIVED) -> list[Candidate]:
        """Return the models whose names begin so, without case, and that have a wanted version or none at all."""
        low = folded(prefix)
        found: list[Candidate] = []
        for model, name, _ in self._rows(shared.MODEL_NAMES, low=low, end=low + shared.LAST, count=_LOOKED_AT):
            newest = self._newest_wanted(model, which)
            if newest is not None:
                found.append((name, f"newest {newest}"))
            elif which != ARCHIVED and not self._newest(model, which):
                found.append((name, "no version yet"))
            if len(found) > MOST:
                last = self._rows(LAST_MODEL_NAME, low=low, end=low + shared.LAST)
                return [*found[:MOST], *((name, "") for (name,) in last)]
        return found

    def versions(self, name: str, typed: str, which: str = UNARCHIVED) -> list[Candidate]:
        """Return what may stand after ``NAME@``: stages, aliases, latest, numbers and labels, the newest first."""
        model, low = self._model(name), folded(typed)
        words = [
            (word, f"{name}@{number}")
            for word, number in (*self._holders(model), *self._aliases(model))
            if word.startswith(low) and next(self._descending(model, number, number, which), None)
        ]
        if "latest".startswith(low) and which != ARCHIVED and self._newest_wanted(model, which) is not None:
            words.append(("latest", ""))
        return [*words, *self._numbers_and_labels(model, typed, which)]

    def numbers(self, name: str, typed: str) -> list[Candidate]:
        """Return the numbers and labels of a model: words that never mean another version."""
        return self._numbers_and_labels(self._model(name), typed, ANY)

    def stages(self) -> list[Candidate]:
        """Return the stages, lowest first, each with what the policy says that it means."""
        meanings = self.governed().meanings()
        return [(name, meanings.get(name, "")) for name, *_ in self._rows(shared.STAGES)]

    def checks(self, name: str) -> list[Candidate]:
        """Return the names of checks for a model."""
        return self.governed().checks(self._model(name))

    def governed(self) -> GovernedNames:
        """Return the names that the policy is about."""
        from modelkeep.store.db.governed_names import GovernedNames

        return GovernedNames(self._rows)

    def serving(self, name: str = "") -> ServingNames:
        """Return the names that versions in use bring along, those of a model or of all."""
        from modelkeep.store.db.serving_names import ServingNames

        return ServingNames(self._rows, self._distinct, self._model(name) if name else None)

    def aliases(self, name: str) -> list[Candidate]:
        """Return the aliases of a model, each with the version it means."""
        return [(alias, f"{name}@{number}") for alias, number in self._aliases(self._model(name))]

    def metrics(self, name: str | None = None) -> list[Candidate]:
        """Return the names of metrics of the newest versions of a model, or of all."""
        return _sorted(metric for metric, *_ in self._newest_rows(METRICS, ALL_METRICS, name))

    def metrics_on_data(self, name: str | None = None) -> list[Candidate]:
        """Return the names of those metrics, and each with the data it was measured on: ``auc@holdout@3``."""
        rows = self._newest_rows(METRICS, ALL_METRICS, name)
        return _sorted(
            found
            for metric, data, version, digest in rows
            for found in (metric, *([f"{metric}@{data_name(data, version, digest)}"] if data else []))
        )

    def params(self, name: str | None = None) -> list[Candidate]:
        """Return the keys of params of the newest versions of a model, none without a model."""
        return _sorted(key for (key,) in self._rows(PARAMS, model=self._model(name))) if name else []

    def tags(self, name: str | None = None) -> list[Candidate]:
        """Return the keys of tags of the newest versions of a model, or of all."""
        return _sorted(key for key, _ in self._newest_rows(TAGS, ALL_TAGS, name))

    def tag_values(self, key: str, name: str | None = None) -> list[Candidate]:
        """Return the values that a tag has among those."""
        return _sorted(value for found, value in self._newest_rows(TAGS, ALL_TAGS, name) if found == key)

    def datasets(self, prefix: str) -> list[Candidate]:
        """Return the datasets whose names begin so."""
        return self._distinct(DATASETS, prefix)

    def data_versions(self, dataset: str, prefix: str) -> list[Candidate]:
        """Return the versions of a dataset that begin so, the last by name first."""
        found: list[Candidate] = []
        end = prefix + shared.LAST
        while len(found) < MOST and (row := self._row(DATA_VERSIONS, name=dataset, low=prefix, end=end)):
            found.append((end := row[0], ""))
        return found

    def commits(self, prefix: str) -> list[Candidate]:
        """Return the commits of versions that begin so."""
        return self._distinct(COMMITS, prefix)

    def runs(self, prefix: str) -> list[Candidate]:
        """Return the ids of runs that begin so."""
        return self._distinct(RUNS, prefix)

    def actors(self, prefix: str) -> list[Candidate]:
        """Return the authors of log entries whose names begin so."""
        return self._distinct(ACTORS, prefix)

    def _model(self, name: str) -> int | None:
        """Return the model that bears or bore a name."""
        row = self._row(shared.BEARER, folded=folded(name))
        return None if row is None else row[0]

    def _newest(self, model: int | None, which: str) -> int:
        """Return the highest number of a model, or the highest archived one; 0 where there is none."""
        row = self._row(LAST_ARCHIVED if which == ARCHIVED else shared.NEWEST_NUMBER, model=model)
        return (row[0] or 0) if row else 0

    def _holders(self, model: int | None) -> list[tuple[str, int]]:
        """Return the stages of a model that a version holds, the highest first."""
        return [(stage, number) for stage, number, *_ in self._rows(shared.HOLDERS, model=model)]

    def _aliases(self, model: int | None) -> list[tuple[str, int]]:
        return [(alias, number) for alias, number in self._rows(shared.ALIASES, model=model)][:MOST]

    def _newest_wanted(self, model: int | None, which: str) -> int | None:
        """Return the highest wanted number; the lowest one where all that are looked at are unwanted."""
        newest = self._newest(model, which)
        if not newest:
            return None
        found = next(self._descending(model, 1, newest, which), None) or self._lowest(model, 1, newest, which)
        return found and found[0]

    def _descending(self, model: int | None, low: int, high: int, which: str) -> Iterator[Version]:
        return _wanted(self._rows(BY_NUMBER_DOWN, model=model, low=low, high=high), which)

    def _lowest(self, model: int | None, low: int, high: int, which: str) -> Version | None:
        return next(_wanted(self._rows(BY_NUMBER, model=model, low=low, high=high), which), None)

    def _numbers_and_labels(self, model: int | None, typed: str, which: str) -> list[Candidate]:
        _, rest = split_v(typed)
        if rest and not rest[0].isdigit():  # as every number and label does
            return []
        return [*self._numbers(model, typed, which), *self._labels(model, typed, which)]

    def _numbers(self, model: int | None, typed: str, which: str) -> list[Candidate]:
        """Return the newest numbers that begin so, and the lowest of each length where there are more."""
        v, digits = split_v(typed)
        found: dict[Version, None] = {}
        for low, high in number_ranges(digits, self._newest(model, which)):
            found |= dict.fromkeys(_first(MOST_VERSIONS, self._descending(model, low, high, which)))
            lowest = self._lowest(model, low, high, which)
            found |= {lowest: None} if lowest else {}
        candidates = [(f"{v}{number}", _description(label, bad)) for number, label, *_, bad in found]
        firsts = {str(number)[0] for number, *_ in found}
        if digits or len(found) <= MOST_VERSIONS or len(firsts) > 1:
            return candidates
        # All of them begin with one digit: a number that begins otherwise keeps the shell from filling it in.
        others = (self._numbers(model, v + digit, which) for digit in "987654321" if digit not in firsts)
        return [*candidates, *next(filter(None, others), [])[:1]]

    def _labels(self, model: int | None, typed: str, which: str) -> list[Candidate]:
        """Return the highest labels that begin so, and the lowest where there are more, with a ``v`` if one was typed."""
        v, rest = split_v(folded(typed))
        end = rest + shared.LAST
        found = _first(MOST_VERSIONS, _wanted(self._rows(BY_LABEL_DOWN, model=model, low=rest, end=end), which))
        found += _first(1, _wanted(self._rows(BY_LABEL, model=model, low=rest, end=end), which))
        key = label_key(rest)  # the label 2.0 has the key 2, which is shorter than what was typed
        if key != rest:
            found += _wanted(self._rows(BY_LABEL, model=model, low=key, end=key + "\0"), which)
        named = {number: label for number, label, *_ in found if label is not None}
        shown = [(split_v(label)[1], f"version {number}") for number, label in named.items()]
        return [(v + label, version) for label, version in shown if folded(label).startswith(rest)]

    def _newest_rows(self, of_one: str, of_all: str, name: str | None) -> Iterator[Any]:
        """Return the rows of a statement about one model, or without a name those of another about all."""
        return self._rows(of_one, model=self._model(name)) if name else self._rows(of_all)

    def _distinct(self, statement: str, prefix: str) -> list[Candidate]:
        """Return the distinct values that begin so, one step in an index for each."""
        found: list[Candidate] = []
        low, end = prefix, prefix + shared.LAST
        while len(found) < MOST and (row := self._row(statement, low=low, end=end)):
            low = row[0] + "\0"  # the very next text
            found.append((row[0], ""))
        return found

    def _row(self, statement: str, **values: str | int | None) -> Any:
        return next(self._rows(statement, **values), None)

    def _rows(self, statement: str, **values: str | int | None) -> Iterator[Any]:
        if self._connection is None:
            return iter(())
        return self._connection.execute(shared.now(statement), values)


def _sorted(words: Iterable[str]) -> list[Candidate]:
    """Return the distinct words, in order."""
    return [(word, "") for word in sorted(set(words))[:MOST]]


def _wanted(versions: Iterator[Version], which: str) -> Iterator[Version]:
    for version in versions:
        _, _, deleted, archived, _ = version
        if not deleted and (which == ANY or bool(archived) == (which == ARCHIVED)):
            yield version


def _first(count: int, versions: Iterator[Version]) -> list[Version]:
    """Return the first of some versions, read one by one."""
    return [version for _, version in zip(range(count), versions, strict=False)]


def _description(label: str | None, bad: int) -> str:
    return ", ".join(filter(None, (label, "bad" if bad else "")))
