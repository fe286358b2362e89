"""What a search asks for, and how well some texts answer it: the one matcher, whatever the texts come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modelkeep.domain.answers.found import TextMatch
from modelkeep.domain.search.words import located_words, searched_text, words
from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError

_LONGEST = 1_000
_TERM = pattern(r'"([^"]*)"|([^\s"]+)')
#: The fields, from the one that counts most.
_RANKS = {"name": 0, "tag": 1, "description": 2}


class Term(NamedTuple):
    """Words that follow each other; where the term is not ``whole``, the last of them begins a word."""

    words: tuple[str, ...]
    whole: bool

    def cost(self, found: tuple[str, ...]) -> int | None:
        """Return 0 where the words of a text have the term as it is, 1 where a longer word begins so, None without it."""
        first, last = self.words[:-1], self.words[-1]
        best = None
        for at in range(len(first), len(found)):
            if found[at].startswith(last) and found[at - len(first) : at] == first:
                if found[at] == last:
                    return 0
                best = None if self.whole else 1
        return best


class Match(NamedTuple):
    """How well a search is answered (0 is best), and the texts that answer it."""

    cost: int
    texts: tuple[TextMatch, ...]


class Query:
    """A search: every term has to be found, each in any of the texts."""

    def __init__(self, text: str) -> None:
        """Read what a user typed: words, and phrases in double quotes. No other character means anything."""
        if len(text) > _LONGEST:
            message = f"the search has {len(text)} characters, and may have {_LONGEST}"
            raise UsageError(message)
        found = (Term(words(match[1] or match[2] or ""), whole=match[1] is not None) for match in _TERM.finditer(text))
        self.terms = tuple(dict.fromkeys(term for term in found if term.words))
        if not self.terms:
            message = f"there is no word to search for in '{printable(text)}'"
            raise UsageError(message, "give letters or digits: modelkeep list --search 'credit risk'")

    def match(self, own: Sequence[TextMatch], others: Sequence[TextMatch] = ()) -> Match | None:
        """Return how texts answer the search, None where they do not; the ``own`` ones count before the ``others``."""
        split = [(each, words(searched_text(each.field, each.text))) for each in (*own, *others)]
        total, texts = 0, dict[TextMatch, None]()
        for term in self.terms:
            found = [
                (place >= len(own), 2 * _RANKS[each.field.partition(".")[0]] + cost, place)
                for place, (each, its_words) in enumerate(split)
                if (cost := term.cost(its_words)) is not None
            ]
            if not found:
                return None
            _, cost, place = min(found)
            total += cost
            texts[split[place][0]] = None
        return Match(total, tuple(sorted(texts, key=lambda each: each not in own)))

    def hits(self, text: str) -> list[tuple[int, int]]:
        """Return the places of the words in a text that the search asks for."""
        whole = {word for term in self.terms for word in term.words}
        begins = tuple(term.words[-1] for term in self.terms if not term.whole)
        return [
            (word.begin, word.end)
            for word in located_words(text)
            if word.text in whole or (begins and word.text.startswith(begins))
        ]
