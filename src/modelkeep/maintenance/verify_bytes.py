"""Every stored byte that some version needs: is it there, is it what it was? Each content is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.subset import EVERYTHING, Subset
from modelkeep.maintenance.findings import Findings
from modelkeep.reads import deletions
from modelkeep.reads.references import version_or_model
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.care.hard_links import SecondNames
from modelkeep.store.content.checking import Trouble, examine
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.db.sql.statement import Connection
from modelkeep.store.db.sqlite import raw_rows as lying
from modelkeep.store.db.sqlite.raw_rows import Needed

if TYPE_CHECKING:
    from modelkeep.maintenance.repair import Repair

T = TypeVar("T")
#: A version: its model and number.
Chosen: TypeAlias = tuple[int, int]
#: A content and the first versions that need it.
Content: TypeAlias = tuple[str, int, list[Needed]]
#: A content that is wrong is told with so many of the versions that need it.
_TOLD = 3
#: So many contents are given to the threads at once: what is held does not grow with the registry.
_AT_ONCE = 512


class Looked(Struct, frozen=True):
    """How many versions and contents were looked at, and how many bytes those are."""

    versions: int
    blobs: int
    size_bytes: int


class Wanted(Struct, frozen=True):
    """Which contents are looked at, and how: those of the versions ``chosen`` or of all, a part of them, read or not."""

    chosen: Sequence[Chosen] | None = None
    part: Subset = EVERYTHING
    quick: bool = False


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
    wanted: Wanted,
    trusted: Connection | None,
    *,
    repair: Repair | None,
    progress: Callable[[int, int], None] | None,
) -> Looked:
    """Look at the contents that are wanted, several at once; what is wrong is told, or first given to ``repair``.

    ``trusted`` are tables that were made from the log; without them the real ones are asked.
    """
    source = Source(context, trusted)
    versions, total, contents = _looked_for(source, wanted)
    told = Progress(total, progress)
    bucket = context.artifacts.bucket
    outside = SecondNames(bucket.root).outside if isinstance(bucket, DirectoryBucket) else None

    def look(content: Content) -> Trouble | None:
        digest, size, _ = content
        if wanted.quick:
            told.add(size)
        return examine(bucket, digest, size, quick=wanted.quick, look=lambda data: told.add(len(data)), outside=outside)

    blobs = done = 0
    chosen: dict[str, list[Needed]] = {}
    while some := list(islice(contents, _AT_ONCE)):
        for (digest, size, needing), trouble in zip(some, each(look, some, told), strict=True):
            blobs += 1
            done += size
            if trouble is not None and repair is not None and trouble.lost:
                repair.note(digest, size, trouble)
                if wanted.chosen is not None:  # others may need it too, and nobody asked about those
                    chosen[digest] = needing
            elif trouble is not None:
                tell(findings, needing, trouble)
    if repair is not None:
        for digest, trouble in repair.carry_out():
            if findings.has_room(_severity(trouble), trouble.code):
                needing = chosen.get(digest) or source.ask(partial(lying.needing, digest=digest, most=_TOLD))
                tell(findings, needing, trouble)
            else:  # counted and not told: nobody need be asked whose it is
                findings.add(_severity(trouble), trouble.code, digest, trouble.text)
    return Looked(versions, blobs, done)


def _looked_for(source: Source, wanted: Wanted) -> tuple[int, int, Iterator[Content]]:
    """Return how many versions and bytes there are to look at, and the contents one after the other."""
    if wanted.chosen is None:
        total = source.ask(partial(lying.total_bytes, part=wanted.part))
        return source.ask(lying.version_count), total, _grouped(source.of_all(wanted.part))
    some = sorted(source.of_versions(wanted.chosen), key=lambda each: each.digest)
    some = [each for each in some if each.digest in wanted.part]
    total = sum(size for _, size in {(each.digest, each.size) for each in some})
    return len(wanted.chosen), total, _grouped(some)


def _grouped(rows: Iterable[Needed]) -> Iterator[Content]:
    for (digest, size), group in groupby(rows, key=lambda each: (each.digest, each.size)):
        yield digest, size, list(_first(group))


def _first(group: Iterator[Needed]) -> Iterator[Needed]:
    for number, one in enumerate(group):
        if number < _TOLD:
            yield one


class Source:
    """Where the rows come from, a short transaction a page."""

    def __init__(self, context: Context, trusted: Connection | None) -> None:
        self._context = context
        self._trusted = trusted

    def ask(self, query: Callable[[Connection], T]) -> T:
        """Ask the tables something."""
        if self._trusted is not None:
            return query(self._trusted)
        with self._context.database.reading() as connection:
            return query(connection)

    def of_all(self, part: Subset) -> Iterator[Needed]:
        """Yield what versions need of a part, a content's rows one after the other."""
        after: Needed | None = None
        while page := self.ask(partial(lying.needed, after=after, part=part)):
            yield from page
            after = page[-1]

    def of_versions(self, chosen: Iterable[Chosen]) -> Iterator[Needed]:
        """Yield what some versions need."""
        for model, number in chosen:
            yield from self.ask(partial(lying.needed_by, model=model, version=number))


def tell(findings: Findings, needing: Sequence[Needed], trouble: Trouble) -> None:
    """Note what is wrong with a content, or was, for the first versions that need it."""
    for one in needing:
        which = "" if one.digest in trouble.text else f" ({one.digest})"
        findings.add_content(_severity(trouble), trouble.code, one, f"{trouble.text}{which}")


def _severity(trouble: Trouble) -> str:
    if trouble.repaired:
        return "repaired"
    return "error" if trouble.lost else "warning"
