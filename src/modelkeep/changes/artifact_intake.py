"""The bytes of a registration: in the store before the entry, at hand until it is written, then let go.

`gc` may sweep away what nothing references yet. What this process wrote is put in its place again; what it
only found there, and what was swept and removed since, must be read once more: then it all starts over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import BinaryIO, TypeAlias

from msgspec.structs import replace

from modelkeep.changes.register_request import Request
from modelkeep.changes.runner import PutBack
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Registered
from modelkeep.errors import Conflict, UsageError
from modelkeep.store.db.sql import contents
from modelkeep.store.db.sqlite.session import Session
from modelkeep.store.ingest.artifact import Ingested, Swept, measure, taking

#: Registers what was taken in; None where nothing was, for a dry run.
Register: TypeAlias = Callable[[Ingested, PutBack | None], Registered]

# A sweep in each of them, just between the reading and the entry, is no accident any more.
_ATTEMPTS = 3


def with_bytes(
    context: Context,
    session: Session,
    request: Request,
    register: Register,
    *,
    stdin: BinaryIO | None,
    progress: Callable[[int, int], None] | None,
) -> Registered:
    """Take in what was typed, or for a dry run only look at it, and register it."""
    if request.dry_run:
        return register(_measured(request, progress), None)
    for _ in range(_ATTEMPTS):
        taking_in = taking(
            context.artifacts,
            request.paths,
            request.selection,
            stdin=stdin,
            known=partial(_of_sizes, session),
            asking=partial(_asking, context) if request.move else None,
            progress=progress,
        )
        with suppress(Swept), taking_in as taken:
            done = register(taken.ingested, taken.put_back)
            return replace(done, notes=(*done.notes, *taken.let_go()))
        if "-" in request.paths:
            break
    message = f"the bytes of {request.name} were swept away by gc while they were registered"
    raise Conflict(message, "try again")


@contextmanager
def _asking(context: Context) -> Iterator[Callable[[str], bool]]:
    """Let nobody write, and tell meanwhile whether some version needs a content."""
    with context.database.writing() as connection:
        yield partial(contents.is_needed, connection)


def _of_sizes(session: Session, sizes: Collection[int]) -> dict[int, tuple[str, ...]]:
    with session.reading() as connection:
        return contents.of_sizes(connection, sizes)


def _measured(request: Request, progress: Callable[[int, int], None] | None) -> Ingested:
    if "-" in request.paths:
        message = "standard input cannot be looked at without being used up"
        raise UsageError(message, "leave out --dry-run, or give a file")
    return measure(request.paths, request.selection, secrets=False, move=request.move, progress=progress)
