"""What a change of a stage leaves as it is: shares that other versions have beside its holder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from shlex import quote

from modelkeep.domain.shares import share_words
from modelkeep.domain.state import Tenure


def notes_on_shares_left(name: str, shares: Iterable[Tenure]) -> Iterator[str]:
    """Yield for each share of a stage that a change leaves as it is that it still serves, and the line that ends it."""
    for each in shares:
        ref = f"{name}@{each.version}"
        yield (
            f"{ref} still has {share_words(each.share or 0)} of {each.stage} "
            f"(end it: modelkeep retire {quote(ref)} {quote(each.stage)})"
        )
