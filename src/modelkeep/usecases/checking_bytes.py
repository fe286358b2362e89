"""Every stored byte that some version needs: is it there, is it what it was? Each content is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TypeAlias, TypeVar

from modelkeep.domain.manifest import ManifestFile
from modelkeep.domain.quick import dataclass
from modelkeep.errors import ModelkeepError
from modelkeep.store.queries import checking as lying
from modelkeep.store.queries.checking import Needed
from modelkeep.store.queries.statement import Connection
from modelkeep.usecases import deletions
from modelkeep.usecases.context import Context
from modelkeep.usecases.findings import Findings
from modelkeep.usecases.naming import version_or_model

T = TypeVar("T")
#: A version: its model and number.
Chosen: TypeAlias = tuple[int, int]
#: A content that is wrong is told with so many of the versions that need it.
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Looked:
    """How many versions and contents were looked at, and how many bytes those are."""

    versions: int
    blobs: int
    size_bytes: int


def versions_of(context: Context, refs: Sequence[str]) -> list[Chosen]:
    """Return the versions that were typed, each once; a bare name is its newest, and said so."""
    found: set[Chosen] = set()
    with context.database.reading() as connection:
        for ref in refs:
            one = version_or_model(connection, ref, context.say)
            if one.number is None:
                one = version_or_model(connection, f"{one.name}@latest", context.say)
                context.say(f"note: {ref} is {one.ref}, the newest")
            gone = deletions.told(connection, one.model, one.name, one.number or 0)
            if gone is not None:
                context.say(f"note: {gone}; none of its bytes need be there")
            elif one.number is not None:
                found.add((one.model, one.number))
    return sorted(found)


def check_bytes(
    context: Context,
    findings: Findings,
    chosen: Sequence[Chosen] | None,
    trusted: Connection | None,
    *,
    quick: bool,
    progress: Callable[[int, int], None] | None,
) -> Looked:
    """Look at the contents of every version, or of those ``chosen``; ``quick`` reads no byte.

    ``trusted`` are tables that were made from the log; without them the real ones are asked.
    """
    source = _Source(context, trusted)
    if chosen is not None:
        some = sorted(source.of_versions(chosen), key=lambda each: each.digest)
        contents: Iterable[Needed] = some
        versions, total = len(chosen), sum(size for _, size in {(each.digest, each.size) for each in some})
    else:
        contents = source.of_all()
        versions, total = source.ask(lying.version_count), source.ask(lying.total_bytes)
    blobs = done = 0
    for (digest, size), group in groupby(contents, key=lambda each: (each.digest, each.size)):
        trouble = _trouble(context, digest, size, quick=quick)
        if trouble is not None:
            _tell(findings, list(_first(group)), trouble)
        blobs += 1
        done += size
        if progress is not None:
            progress(done, total)
    return Looked(versions, blobs, done)


class _Source:
    """Where the rows come from, a short transaction a page."""

    def __init__(self, context: Context, trusted: Connection | None) -> None:
        self._context = context
        self._trusted = trusted

    def ask(self, query: Callable[[Connection], T]) -> T:
        if self._trusted is not None:
            return query(self._trusted)
        with self._context.database.reading() as connection:
            return query(connection)

    def of_all(self) -> Iterator[Needed]:
        after: Needed | None = None
        while page := self.ask(partial(lying.needed, after=after)):
            yield from page
            after = page[-1]

    def of_versions(self, chosen: Iterable[Chosen]) -> Iterator[Needed]:
        for model, number in chosen:
            yield from self.ask(partial(lying.needed_by, model=model, version=number))


def _trouble(context: Context, digest: str, size: int, *, quick: bool) -> str | None:
    try:
        if not quick:
            return context.artifacts.check(ManifestFile(digest, digest, size))
        there = context.artifacts.bucket.size(digest)
    except ModelkeepError as error:
        return error.message
    if there is None:
        return "missing"
    return None if there == size else f"{there} bytes instead of {size}"


def _first(group: Iterator[Needed]) -> Iterator[Needed]:
    for number, each in enumerate(group):
        if number < _TOLD:
            yield each


def _tell(findings: Findings, needing: list[Needed], trouble: str) -> None:
    for each in needing:
        which = "" if each.digest in trouble else f" ({each.digest})"
        findings.error("blob", f"{each.name}@{each.version}", f"{each.path}: {trouble}{which}")
