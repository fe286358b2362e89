"""`list --search`: the models and versions whose texts have some words, the best match first.

The table of words leads to all that may be meant, now or at a moment. Whether it is, and how well, the texts themselves tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from modelkeep.context import Context
from modelkeep.domain.answers.found import Found, TextMatch
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.search.query import Match, Query, Term
from modelkeep.reads.list_order import Candidate, parse_order, sorted_by
from modelkeep.reads.lists import Listing, Wanted, all_keys, is_glob, named, one_model
from modelkeep.reads.snapshot import dated_snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import models as model_queries
from modelkeep.store.db.sql import searching as select

_CHUNK = 64


def search(
    context: Context,
    text: str,
    moment: str | AsOf | None,
    *,
    pattern: str | None,
    wanted: Wanted,
    sort: str | None,
    limit: int | None,
) -> tuple[Found, ...]:
    """Return the models and versions that a search finds, of one model, of those that match a pattern, or of all.

    Where ``wanted`` or ``sort`` ask for what only versions have, they are the versions whose texts, or those of their
    model, have all the words. Else a version needs one of the words in a text of its own.
    """
    query = Query(text)
    by_name = pattern is not None and not is_glob(pattern)
    only_versions = wanted.narrows or sort is not None
    with dated_snapshot(context, moment) as (reader, at, time):
        listing = Listing(context, reader, at, time, wanted)
        order = parse_order(sort, lambda: all_keys(reader, at))
        models = None if pattern is None else _models(context, reader, at, pattern)
        found = _Search(reader, at, query, models, by_model=only_versions)
        versions = {each: match for match, each in found.versions(listing)}
        listing.say_unknown_keys(context.say, named(reader, at, None) if models is None else models.items())
        if sort is not None:
            hits = [(versions[each], each) for each in sorted_by(reader, at, versions, order, context.say)]
        else:
            hits = [(match, each) for each, match in versions.items()]
            hits += [] if only_versions else found.models()
            hits.sort(key=lambda hit: (hit[0].cost, hit[1].number > 0, -hit[1].seq))
        return tuple(islice(_rows(listing, hits, archived=by_name or wanted.everything), limit))


class _Search:
    """One search at one moment, in some models or in all; ``by_model`` also finds versions whose model has all the words."""

    def __init__(
        self, reader: Reader, at: int | None, query: Query, models: Mapping[int, str] | None, *, by_model: bool
    ) -> None:
        self._reader, self._at, self._query, self._named = reader, at, query, models
        # Whatever has all the words has the rarest one.
        rarest, *others = sorted(map(_words, query.terms), key=lambda each: select.count(reader, *each))
        found = self._places(rarest)
        #: The models that may have all the words.
        self._models = {model for model, version in found if not version}
        some: dict[int, set[int]] = {}
        for model, version in found:
            some.setdefault(model, set()).update([version] if version else ())
        # Of a model that has the rarest word itself, the versions have one of the others.
        whole = self._models
        for each in others if self._models else ():
            places = [place for place in self._places(each) if place[0] in self._models]
            whole = whole & {model for model, version in places if not version}
            for model, version in places:
                some[model].update([version] if version else ())
        #: The versions that may have the words, beside their model; None for all of a model.
        self._numbers: dict[int, set[int] | None] = {**some, **dict.fromkeys(whole if by_model else ())}

    def models(self) -> Iterator[tuple[Match, Candidate]]:
        """Yield the models that are found, each as the candidate with the number 0."""
        for model in self._models:
            name = self._name(model)
            match = None if name is None else self._query.match(self._texts(model, name, [0])[0])
            if name is not None and match is not None:
                yield match, Candidate(model, name, 0, model)

    def versions(self, listing: Listing) -> Iterator[tuple[Match, Candidate]]:
        """Yield the versions that are found and listed."""
        for model, numbers in self._numbers.items():
            name = self._name(model)
            candidates = iter(()) if name is None else listing.candidates(model, name, numbers)
            while name is not None and (chunk := list(islice(candidates, _CHUNK))):
                texts = self._texts(model, name, [0, *(each.number for each in chunk)])
                for each in chunk:
                    match = self._query.match(texts[each.number], texts[0])
                    if match is not None and (numbers is None or match.texts[0] in texts[each.number]):
                        yield match, each

    def _places(self, words: tuple[str, str]) -> set[tuple[int, int]]:
        """Return model and version (0: the model) of the texts with a word of a range."""
        found = select.places(self._reader, self._at, *words)
        return found if self._named is None else {each for each in found if each[0] in self._named}

    def _name(self, model: int) -> str | None:
        """Return what a model is called; None for a deleted one that was not asked for."""
        return select.name_of(self._reader, self._at, model) if self._named is None else self._named[model]

    def _texts(self, model: int, name: str, numbers: Iterable[int]) -> dict[int, list[TextMatch]]:
        return select.texts(self._reader, self._at, model, name, numbers)


def _words(term: Term) -> tuple[str, str]:
    """Return the range of the words that a term needs: of its longest one."""
    at = max(range(len(term.words)), key=lambda place: len(term.words[place]))
    return term.words[at], select.end_of(term.words[at], whole=term.whole or at + 1 < len(term.words))


def _models(context: Context, reader: Reader, at: int | None, pattern: str) -> dict[int, str]:
    """Return the names of the models that a name or a pattern means."""
    if is_glob(pattern):
        return dict(named(reader, at, pattern))
    return dict([one_model(reader, pattern, context.say, at)])


def _rows(listing: Listing, hits: Iterable[tuple[Match, Candidate]], *, archived: bool) -> Iterator[Found]:
    """Yield what was found with its rows; models whose versions are all archived only with ``archived``."""
    waiting = iter(hits)
    while chunk := list(islice(waiting, _CHUNK)):
        versions = [each for _, each in chunk if each.number]
        rows = dict(zip(versions, listing.rows(versions), strict=True))
        for match, each in chunk:
            if each.number:
                yield Found(rows[each].ref, match.texts, None, rows[each])
                continue
            row = model_queries.model_row(listing.reader, listing.at, each.model, each.name)
            if archived or not row.archived:
                yield Found(each.name, match.texts, row, None)
