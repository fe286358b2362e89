"""The rules of ``list``: which models and versions, in which order, how many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from shlex import quote
from typing import TYPE_CHECKING

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.answers.versions import AsOf, ModelRow, VersionRow
from modelkeep.domain.keys import KINDS
from modelkeep.domain.labels import fold
from modelkeep.domain.stages import DEVELOPMENT, Stages, is_development, stage_named
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.reads.list_order import NEWEST_FIRST, Candidate, Order, parse_order, sorted_by
from modelkeep.reads.references import Say, model_named, version_of, version_or_model
from modelkeep.reads.snapshot import dated_snapshot, snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import models as model_queries
from modelkeep.store.db.sql import references, version_states
from modelkeep.store.db.sql import versions as version_queries
from modelkeep.store.db.sql.statement import EVER

if TYPE_CHECKING:
    from modelkeep.reads.filtering import Filter

_CHUNK = 128
_IN_DEVELOPMENT = "(in development)"  # no stage can be called so
_GLOB = frozenset("*?[")


class Wanted(Struct, frozen=True):
    """Which versions are listed: those that hold a ``stage`` or are in development, and that have all the ``tags``.

    A tag has a value, or any (None). Archived and deleted versions are listed only with ``everything``. ``where`` is a filter.
    """

    stage: str | None = None
    tags: Sequence[tuple[str, str | None]] = ()
    everything: bool = False
    where: str | None = None

    @property
    def narrows(self) -> bool:
        """Whether something is asked for that only versions have."""
        return bool(self.stage is not None or self.tags or self.where is not None)


def is_glob(text: str) -> bool:
    """Tell whether a text is a pattern and not a name."""
    return not _GLOB.isdisjoint(text)


def resolve(context: Context, ref: str, moment: str | AsOf | None) -> VersionRow:
    """Return the line of the version that a reference means."""
    with snapshot(context, moment) as (reader, at):
        found = version_of(reader, ref, context.say, "resolve {}", at)
        (row,) = version_queries.version_rows(reader, at, found.model, found.name, [found.number or 0])
        return row


def keys(context: Context, kind: str, name: str | None, moment: str | AsOf | None) -> tuple[str, ...]:
    """Return the keys of the metrics, params or tags that versions of a model, or of all models, have."""
    if kind not in KINDS:
        message = f"keys are those of {', '.join(KINDS)}, not of '{printable(kind)}'"
        raise UsageError(message)
    with snapshot(context, moment) as (reader, at):
        if name is None:
            models = [model for model, _ in model_queries.names(reader, at)]
        else:
            models = [version_or_model(reader, name, context.say, at).model]
        return tuple(version_queries.keys(reader, at, kind, models))


def all_keys(reader: Reader, at: int | None) -> list[str]:
    """Return the keys that versions have, with their kinds: ``metric.auc``, ``tag.owner``."""
    found = [model for model, _ in model_queries.names(reader, at)]
    return [
        f"{kind}.{key}" for kind in KINDS for key in version_queries.keys(reader, at, kind, found) if key[-1] != "@"
    ]


def models(
    context: Context,
    pattern: str | None,
    moment: str | AsOf | None,
    *,
    everything: bool,
    limit: int | None,
) -> tuple[ModelRow, ...]:
    """Return models by name; those whose versions are all archived or deleted only with ``everything`` or by name.

    A pattern without ``* ? [`` is a name, and ``NotFound`` with near names where no model bears it.
    """
    with snapshot(context, moment) as (reader, at):
        if pattern is not None and not is_glob(pattern):
            bearer = model_named(reader, pattern, context.say, at)
            return (model_queries.model_row(reader, at, bearer.model, bearer.name),)[:limit]
        rows = (model_queries.model_row(reader, at, model, name) for model, name in named(reader, at, pattern))
        return tuple(islice((row for row in rows if everything or not row.archived), limit))


def versions(
    context: Context,
    name: str | None,
    moment: str | AsOf | None,
    *,
    pattern: str | None,
    wanted: Wanted,
    sort: str | None,
    limit: int | None,
) -> tuple[VersionRow, ...]:
    """Return versions of one model, of the models that match a pattern, or of all, newest first.

    ``sort`` is ``KEY[:asc|desc]``: exact numbers before text, what is missing last, the newer first among equals. Raises
    ``UsageError`` for a key that no version has, and for a metric that is not measured on the same data everywhere;
    ``NotFound`` for an unknown stage.
    """
    if name is None and pattern is not None and not is_glob(pattern):
        name, pattern = pattern, None
    with dated_snapshot(context, moment) as (reader, at, time):
        listing = Listing(context, reader, at, time, wanted)
        order = parse_order(sort, lambda: all_keys(reader, at))
        models = None if name is None else [one_model(reader, name, context.say, at)]
        found = tuple(listing.first(models, pattern, order, limit))
        listing.say_unknown_keys(context.say, models or named(reader, at, pattern))
        return found


class Listing:
    """One listing: the moment and the filters, the same for every model."""

    def __init__(self, context: Context, reader: Reader, at: int | None, time: str, wanted: Wanted) -> None:
        self.reader = reader
        self.keep = None if wanted.where is None else _filter(context, reader, at, time, wanted.where)
        self.at = at
        self.stage = None if wanted.stage is None else _stage(wanted.stage, version_states.stages(reader, at))
        self.tags = wanted.tags
        self.everything = wanted.everything
        self._say = context.say

    def first(
        self, models: list[tuple[int, str]] | None, pattern: str | None, order: Order, limit: int | None
    ) -> Iterable[VersionRow]:
        """Return the first versions of the models, of those that match a pattern, or of all."""
        everywhere = models is None and pattern is None
        if everywhere and self.stage is None and not self.tags and order == NEWEST_FIRST:
            return islice(self.newest_of_all(), limit)
        looked_at = named(self.reader, self.at, pattern) if models is None else models
        candidates: Iterable[Candidate] = (each for one in looked_at for each in self.candidates(*one))
        if models is None or order.key not in ("version", "created") or not order.descending:
            candidates = sorted_by(self.reader, self.at, candidates, order, self._say)
        return self.rows(islice(candidates, limit))

    def say_unknown_keys(self, say: Say, models: Iterable[tuple[int, str]]) -> None:
        """Say which keys of the filter no version of the models has."""
        for note in () if self.keep is None else self.keep.unknown_keys(models):
            say(note)

    def newest_of_all(self) -> Iterator[VersionRow]:
        """Yield the versions of all models, newest first."""
        before = EVER
        while page := version_queries.newest_of_all(self.reader, self.at, before, _CHUNK, deleted=self.everything):
            before = page[-1][2]
            names = {model: references.name_of(self.reader, self.at, model) for model, _, _ in page}
            rows = self.rows(Candidate(model, names[model], number, seq) for model, number, seq in page)
            if self.keep is not None:
                rows = self.keep.keep([(model, row) for (model, _, _), row in zip(page, rows, strict=True)])
            yield from (row for row in rows if self.everything or not row.archived)

    def candidates(self, model: int, name: str, numbers: Collection[int] | None = None) -> Iterator[Candidate]:
        """Yield the versions of a model (only those ``numbers``) that are to be listed, newest first."""
        found = self._standing(model, name, numbers)
        if self.keep is None:
            yield from found
            return
        while chunk := list(islice(found, _CHUNK)):
            kept = {row.version for row in self.keep.keep([(model, row) for row in self.rows(chunk)])}
            yield from (each for each in chunk if each.number in kept)

    def _standing(self, model: int, name: str, numbers: Collection[int] | None) -> Iterator[Candidate]:
        """Yield the versions of a model with the stage and the tags that are asked for."""
        seqs: dict[int, int] = {}
        tagged: frozenset[int] = frozenset()
        for number, there in self._numbers(model, numbers):
            if numbers is not None and number not in numbers:
                continue
            if there.is_archived(number) and not self.everything:
                continue
            if self.stage == _IN_DEVELOPMENT and there.state(number) != DEVELOPMENT:
                continue
            if number not in seqs:
                first = max(1, number - _CHUNK)
                seqs = version_queries.made_by(self.reader, model, first, number)
                tagged = version_queries.tagged(self.reader, self.at, self.tags, model, first, number)
            if number in seqs and (number in tagged or not self.tags):  # a number that was left out has no row
                yield Candidate(model, name, number, seqs[number])

    def _numbers(self, model: int, numbers: Collection[int] | None) -> Iterator[tuple[int, version_states.Standing]]:
        if self.stage is None or self.stage == _IN_DEVELOPMENT:
            for first, last in reversed(version_queries.spans(numbers or ())):
                window = version_states.standing(self.reader, self.at, model, first, last)
                shown = range(last, first - 1, -1)
                yield from ((each, window) for each in shown if self.everything or each not in window.deleted)
            if numbers is None:
                yield from version_states.walk(self.reader, self.at, model, deleted=self.everything)
            return
        for each in version_states.holders(self.reader, self.at, model):
            there = sorted((one.version for one in each.versions), reverse=True) if each.stage == self.stage else ()
            for number in there:
                yield number, version_states.standing(self.reader, self.at, model, number, number)

    def rows(self, candidates: Iterable[Candidate]) -> list[VersionRow]:
        """Return the lines of candidates, in their order."""
        chosen = list(candidates)
        by_model: dict[tuple[int, str], list[int]] = {}
        for each in chosen:
            by_model.setdefault((each.model, each.name), []).append(each.number)
        lines: dict[tuple[int, int], VersionRow] = {}
        for (model, name), numbers in by_model.items():
            for row in version_queries.version_rows(self.reader, self.at, model, name, numbers):
                lines[model, row.version] = row
        return [lines[each.model, each.number] for each in chosen]


def _filter(context: Context, reader: Reader, at: int | None, time: str, text: str) -> Filter:
    from modelkeep.reads.filtering import Filter  # few lists have one

    return Filter(context, reader, at, time, text)


def _stage(text: str, stages: Stages) -> str:
    return _IN_DEVELOPMENT if is_development(text, stages) else stage_named(text, stages)


def one_model(reader: Reader, name: str, say: Say, at: int | None) -> tuple[int, str]:
    """Return the model that a name means; a version is a ``UsageError``."""
    found = version_or_model(reader, name, say, at)
    if found.number is None:
        return found.model, found.name
    message = f"list takes a model or a pattern, not the version {found.ref}"
    raise UsageError(message, f"modelkeep show {quote(found.ref)}")


def named(reader: Reader, at: int | None, pattern: str | None) -> Iterator[tuple[int, str]]:
    """Yield the models whose names match a pattern, without case."""
    if pattern is None:
        yield from model_queries.names(reader, at)
        return
    import re

    from modelkeep.domain.text import translate_glob

    folded = fold(pattern)
    matches = re.compile(translate_glob(folded)).match
    prefix = re.split(r"[*?[]", folded, maxsplit=1)[0]
    for model, name in model_queries.names(reader, at, prefix):
        if matches(fold(name)):
            yield model, name
