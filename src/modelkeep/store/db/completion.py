"""The SELECTs of completion: what a half-typed word could become, read-only and in a hurry.

Light by contract: ``sqlite3``, ``os`` and what is no heavier, for TAB waits for it. Silent by contract:
a registry that is missing, busy, damaged, of another schema or left by a killed writer offers nothing.

Every answer is bounded. What is cut still has the first and the last in it, for a shell fills in
what all candidates begin with, and that must be what really all begin with.
"""

from __future__ import annotations

import os
import sqlite3

from modelkeep.errors import ModelkeepError
from modelkeep.store.db.prefixes import bare, folded, inside, many, ranges, run, split_v, windows
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.journal_files import check_neighbours

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    from modelkeep.store.db.prefixes import Window

    #: What could stand there, and a few words on it.
    Offer: TypeAlias = tuple[str, str]

#: The schema these SELECTs are written for; another one is not asked.
SCHEMA = 2
#: At most so many of each kind, and so many numbers and labels of a model.
MOST, MOST_VERSIONS = 50, 20
#: Which versions are wanted: those in the pipeline, those out of it, both.
STANDING, ARCHIVED, ALL = "standing", "archived", "all"

_PATIENCE, _STEPS = 0.1, 3_000_000  # seconds to wait for a writer; steps of SQLite's machine for a question
_LOOKED_AT, _LABELS_LOOKED_AT = 1_000, 250  # rows that are looked at for the few that are wanted
_LOOKED_AT_ONCE = 100  # numbers, before the deleted ones that follow are counted and skipped
_LAST = "\U0010ffff"  # sorts behind whatever follows a prefix
_MOST_WINDOWS = 100  # of versions between archived ones

MODELS = """
SELECT name, model, (SELECT max(number) FROM version WHERE version.model = model_name.model),
    EXISTS (SELECT 1 FROM archived WHERE archived.model = model_name.model AND archived.until_seq IS NULL),
    (SELECT count(*) FROM (SELECT 1 FROM deleted WHERE deleted.model = model_name.model LIMIT ?))
FROM model_name WHERE folded >= ? AND folded < ? AND until_seq IS NULL ORDER BY folded
"""
LAST_MODEL = """
SELECT name, (SELECT max(number) FROM version WHERE version.model = model_name.model)
FROM model_name WHERE folded >= ? AND folded < ? AND until_seq IS NULL ORDER BY folded DESC LIMIT 1
"""
BEARER = """
SELECT model, (SELECT max(number) FROM version WHERE version.model = model_name.model)
FROM model_name WHERE folded = ? LIMIT 1
"""
RANGES = "SELECT first, last FROM archived WHERE model = ? AND until_seq IS NULL ORDER BY first, last"
BAD = "SELECT version FROM mark WHERE model = ? AND until_seq IS NULL AND version = ?"
DELETED = "SELECT count(*) FROM deleted WHERE model = ? AND version BETWEEN ? AND ?"
_LEFT = "NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.model = version.model AND deleted.version = number)"
NUMBERS = f"""
SELECT number, label FROM version WHERE model = ? AND number BETWEEN ? AND ? AND {_LEFT} ORDER BY number DESC LIMIT ?
"""
_LABELS = f"""
SELECT label, number, NOT {_LEFT} FROM version WHERE model = ? AND label_key >= ? AND label_key < ? ORDER BY label_key
"""
LABELS, LOWEST_LABELS = f"{_LABELS} DESC LIMIT ?", f"{_LABELS} LIMIT ?"
LABELLED = f"SELECT label, number FROM version WHERE model = ? AND label_key = ? AND {_LEFT}"
# CROSS JOIN holds the planner to this order: else it walks all tenures the model ever had.
HOLDERS = """
SELECT tenure.stage, tenure.version FROM stage CROSS JOIN tenure
WHERE tenure.model = ? AND tenure.stage = stage.name AND tenure.until_seq IS NULL AND tenure.share IS NULL
    AND stage.until_seq IS NULL ORDER BY stage.position DESC
"""
ALIASES = "SELECT alias, version FROM alias WHERE model = ? AND until_seq IS NULL ORDER BY alias LIMIT ?"
STAGES = "SELECT name FROM stage WHERE until_seq IS NULL ORDER BY position"
METRICS = "SELECT name FROM metric WHERE model = ? ORDER BY version DESC LIMIT ?"
ALL_METRICS = "SELECT name FROM metric ORDER BY model DESC, version DESC LIMIT ?"
TAGS = "SELECT key FROM tag WHERE model = ? AND until_seq IS NULL ORDER BY version DESC LIMIT ?"
ALL_TAGS = "SELECT key FROM tag ORDER BY rowid DESC LIMIT ?"
# One step of a walk over the distinct values of an index: its rows may be many for each.
DATASETS = "SELECT name FROM dataset WHERE name >= ? AND name < ? ORDER BY name LIMIT 1"
COMMITS = "SELECT code_commit FROM version WHERE code_commit >= ? AND code_commit < ? ORDER BY code_commit LIMIT 1"
RUNS = "SELECT id FROM run WHERE id >= ? AND id < ? ORDER BY id LIMIT 1"
ACTORS = "SELECT actor FROM entry_action WHERE actor >= ? AND actor < ? ORDER BY actor LIMIT 1"
DATA_VERSIONS = """
SELECT data_version FROM dataset WHERE name = ? AND data_version >= ? AND data_version < ?
ORDER BY data_version DESC LIMIT 1
"""


class Names:
    """What one registry knows by name. Nothing raises: trouble is an empty answer."""

    def __init__(self, directory: str) -> None:
        self._connection = _opened(os.path.join(directory, "registry.db"))

    def models(self, prefix: str, which: str = STANDING) -> list[Offer]:
        """Return models whose names begin so, without case: those that have versions which are wanted."""
        low, end = folded(prefix), folded(prefix) + _LAST
        found: list[Offer] = []
        for name, model, newest, touched, deleted in self._rows(MODELS, _LOOKED_AT, low, end):
            wanted = self._windows(model, newest, which if touched or which == ARCHIVED else ALL)
            if not wanted or (deleted and not self._any(model, wanted)):
                continue
            if len(found) == MOST:
                found += [(name, many(newest)) for name, newest in self._rows(LAST_MODEL, low, end)]
                break
            found.append((name, many(newest, deleted, _LOOKED_AT)))
        return found

    def versions(self, name: str, typed: str, which: str = STANDING) -> list[Offer]:
        """Return what may stand after ``NAME@``: stages, aliases, latest, numbers and labels, the newest first."""
        model, newest = self._model(name)
        wanted = self._windows(model, newest, which)
        low = folded(typed)
        words = [(word, number) for word, number in self._words(model) if inside(number, wanted)]
        if which != ARCHIVED and "latest".startswith(low) and (words or self._any(model, wanted)):
            words.append(("latest", None))
        found = [(word, f"{name}@{number}" if number else "") for word, number in words if word.startswith(low)]
        return [*found, *self._numbers(model, wanted, typed), *self._labels(model, wanted, typed)]

    def fixed(self, name: str, typed: str) -> list[Offer]:
        """Return the numbers and labels of a model: what never means another version."""
        model, newest = self._model(name)
        wanted = self._windows(model, newest, ALL)
        return [*self._numbers(model, wanted, typed), *self._labels(model, wanted, typed)]

    def stages(self) -> list[Offer]:
        """Return the stages, lowest first."""
        return [(stage, "") for (stage,) in self._rows(STAGES)]

    def aliases(self, name: str) -> list[Offer]:
        """Return the aliases of a model, each with the version it means."""
        model, _ = self._model(name)
        return [(alias, f"{name}@{number}") for alias, number in self._rows(ALIASES, model, MOST)]

    def metrics(self, name: str | None = None) -> list[Offer]:
        """Return names of metrics that the newest versions have, of a model or of any."""
        return self._keys(METRICS, self._model(name)[0]) if name else self._keys(ALL_METRICS)

    def tags(self, name: str | None = None) -> list[Offer]:
        """Return keys of tags that the newest versions have, of a model or of any."""
        return self._keys(TAGS, self._model(name)[0]) if name else self._keys(ALL_TAGS)

    def datasets(self, prefix: str) -> list[Offer]:
        """Return datasets whose names begin so."""
        return self._walk(DATASETS, prefix)

    def data_versions(self, dataset: str, prefix: str) -> list[Offer]:
        """Return versions of a dataset, the last by name first."""
        found: list[Offer] = []
        end = prefix + _LAST
        while len(found) < MOST and (row := self._row(DATA_VERSIONS, dataset, prefix, end)):
            found.append((end := row[0], ""))
        return found

    def commits(self, prefix: str) -> list[Offer]:
        """Return commits that versions were made from."""
        return self._walk(COMMITS, prefix)

    def runs(self, prefix: str) -> list[Offer]:
        """Return ids of runs."""
        return self._walk(RUNS, prefix)

    def actors(self, prefix: str) -> list[Offer]:
        """Return who wrote in the log."""
        return self._walk(ACTORS, prefix)

    def _model(self, name: str) -> tuple[int | None, int]:
        """Return the model that bears or bore a name, and its newest number; (None, 0) where none does."""
        return self._row(BEARER, folded(name)) or (None, 0)

    def _windows(self, model: int | None, newest: int, which: str) -> list[Window]:
        """Return the numbers that are wanted, deleted or not, from the highest down."""
        if which == ALL:
            return [(1, newest)] if newest else []
        return windows(self._rows(RANGES, model), newest, inner=which == ARCHIVED)

    def _any(self, model: int | None, wanted: list[Window]) -> bool:
        """Say whether a wanted number is not deleted; all are counted only where a short look finds none."""
        return any(
            self._newest(model, first, last, 1) or self._counting(model)(first, last) <= last - first
            for first, last in wanted
        )

    def _counting(self, model: int | None) -> Callable[[int, int], int]:
        return lambda first, last: (self._row(DELETED, model, first, last) or (0,))[0]

    def _words(self, model: int | None) -> Iterator[tuple[str, int | None]]:
        yield from self._rows(HOLDERS, model)
        yield from self._rows(ALIASES, model, MOST)

    def _numbers(self, model: int | None, wanted: list[Window], typed: str) -> list[Offer]:
        """Return the newest numbers that begin so, and the lowest of each length where there are more."""
        v, digits = split_v(typed)
        found: list[tuple[int, str | None]] = []
        for first, last in wanted[:_MOST_WINDOWS]:
            for low, high in reversed(ranges(digits, first, last)):
                room = MOST_VERSIONS if digits else MOST_VERSIONS - len(found)
                rows = self._newest(model, low, high, room + 1)
                found += rows[:room]
                if len(rows) > room:
                    lowest = low + run(self._counting(model), low, high, 1)
                    found += self._rows(NUMBERS, model, lowest, lowest, 1)
            if len(found) > MOST_VERSIONS and not digits:
                break
        offers = [(f"{v}{number}", self._told(model, number, label)) for number, label in found]
        firsts = {str(number)[0] for number, _ in found}
        if digits or len(found) <= MOST_VERSIONS or len(firsts) > 1:
            return offers
        # A number that begins otherwise: else a shell fills in the digit that all these begin with.
        others = (self._numbers(model, wanted, v + digit) for digit in "987654321" if digit not in firsts)
        return [*offers, *next(filter(None, others), [])[:1]]

    def _newest(self, model: int | None, low: int, high: int, most: int) -> list[tuple[int, str | None]]:
        """Return the newest numbers that are not deleted, with their labels; long runs of deleted ones are skipped."""
        found: list[tuple[int, str | None]] = []
        while len(found) < most and low <= high:
            found += self._rows(NUMBERS, model, max(low, high - _LOOKED_AT_ONCE + 1), high, most - len(found))
            high -= _LOOKED_AT_ONCE
            high -= run(self._counting(model), high, low, -1) if len(found) < most and low <= high else 0
        return found

    def _told(self, model: int | None, number: int, label: str | None) -> str:
        return ", ".join(filter(None, (label, "bad" if self._row(BAD, model, number) else "")))

    def _labels(self, model: int | None, wanted: list[Window], typed: str) -> list[Offer]:
        """Return the highest labels that begin so, and the lowest where there are more, with a ``v`` if one was typed.

        Where most of those looked at are of versions that are not wanted, those of the newest stand for the rest.
        """
        if not wanted:
            return []
        v, rest = split_v(folded(typed))
        rows, more = self._wanted(LABELS, model, rest, wanted, MOST_VERSIONS)
        if more and len(rows) < MOST_VERSIONS:
            rows += [
                (label, number)
                for first, last in wanted[:1]
                for number, label in self._newest(model, first, last, MOST_VERSIONS)
                if label is not None and (label, number) not in rows
            ]
        elif more and rest:
            rows += self._wanted(LOWEST_LABELS, model, rest, wanted, 1)[0]
        short = bare(rest)  # 2.0 is kept under the key 2, which the typed `2.0` is longer than
        rows += self._rows(LABELLED, model, short) if short != rest else ()
        name = [(split_v(label)[1], f"version {number}") for label, number in rows if inside(number, wanted)]
        return [(v + label, told) for label, told in name if folded(label).startswith(rest)]

    def _wanted(
        self, statement: str, model: int | None, start: str, wanted: list[Window], most: int
    ) -> tuple[list[tuple[str, int]], bool]:
        """Return the first labels of wanted versions among those that begin so, and whether there may be more."""
        looked = list(self._rows(statement, model, start, start + _LAST, _LABELS_LOOKED_AT))
        rows = [(label, number) for label, number, deleted in looked if not deleted and inside(number, wanted)]
        return rows[:most], len(rows) > most or len(looked) == _LABELS_LOOKED_AT

    def _keys(self, statement: str, *values: int | None) -> list[Offer]:
        """Return the distinct keys among the first rows of a statement, in order."""
        return [(key, "") for key in sorted({key for (key,) in self._rows(statement, *values, _LOOKED_AT)})[:MOST]]

    def _walk(self, statement: str, prefix: str) -> list[Offer]:
        """Return the distinct values that begin so, by one step of an index each."""
        found: list[Offer] = []
        low, end = prefix, prefix + _LAST
        while len(found) < MOST and (row := self._row(statement, low, end)):
            low = row[0] + "\0"  # the very next text
            found.append((row[0], ""))
        return found

    def _row(self, statement: str, *values: str | int | None) -> Any:
        return next(self._rows(statement, *values), None)

    def _rows(self, statement: str, *values: str | int | None) -> Iterator[Any]:
        """Yield the rows of a statement; none, or no more, where there is trouble."""
        if self._connection is None:
            return
        try:
            yield from self._connection.execute(statement, values)
        except (sqlite3.Error, UnicodeError):  # a word typed may be no UTF-8
            self._connection = None


def _opened(path: str) -> sqlite3.Connection | None:
    """Return a connection that can only read, None where there is nothing we can read."""
    if not os.path.isfile(path):  # a pipe of this name would be waited for
        return None
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    try:
        check_neighbours(path)
        connection = sqlite3.connect(f"file:{quoted}?mode=ro", uri=True, timeout=_PATIENCE, isolation_level=None)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, schema.LONGEST_BYTES)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.set_progress_handler(lambda: 1, _STEPS)
        known = schema.age(connection) == SCHEMA
        schema.check_shape(connection)
    except (sqlite3.Error, UnicodeError, ModelkeepError):
        return None
    return connection if known else None
