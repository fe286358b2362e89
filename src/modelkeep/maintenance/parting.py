"""`gc` and names outside the store: a blob that has one gets bytes of its own, so that nobody else has a pen for them.

What a killed `register --move` had not registered yet is taken back instead: the file is the user's alone
again, with its own mode. Nothing of that waits for a grace period, and all of it goes before the drafts do.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.batch import DirectoryBatch
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.care.hard_links import SecondNames, drafted, give_back
from modelkeep.store.care.layout import Lying
from modelkeep.store.care.stale_tmp import Leftover
from modelkeep.store.db.sql import contents, garbage
from modelkeep.store.durable import status_of


class Parted(Struct, frozen=True):
    """The digests of blobs that have bytes of their own now, and the directories of drafts that must stay for others."""

    digests: tuple[str, ...]
    kept: frozenset[str]


def part(
    context: Context, root: str, linked: Sequence[Lying], is_over: Callable[[Leftover], bool], *, dry_run: bool
) -> Parted:
    """Look at blobs that have more than one name, and at what ended processes were moving in."""
    names = SecondNames(root)
    outside = [each for each in linked if names.outside(each.path)]
    with context.database.reading() as connection:
        needed = [each for each in outside if garbage.is_needed(connection, each.digest)]
    if dry_run:
        return Parted(tuple(each.digest for each in needed), frozenset())
    moved = [each for each in drafted(root) if each.mode is not None and is_over(each.of)]
    drafts = Counter(_identity(each.status) for each in moved)
    _take_back(context, [each for each in outside if _identity(status_of(each.path)) in drafts])
    digests, kept = _renewed(context, DirectoryBucket(root), needed)
    shelved = {_identity(status_of(each.path)) for each in linked}
    for draft in moved:
        if _identity(draft.status) not in shelved:
            give_back(draft, drafts[_identity(draft.status)])
    return Parted(tuple(digests), frozenset(kept))


def _take_back(context: Context, outside: Sequence[Lying]) -> None:
    """Take what was never registered off its shelf; the name that it has outside stays."""
    if outside:
        with context.database.writing() as connection:
            for each in outside:
                if not contents.is_needed(connection, each.digest):
                    os.unlink(each.path)


def _renewed(context: Context, bucket: DirectoryBucket, needed: Sequence[Lying]) -> tuple[list[str], set[str]]:
    digests: list[str] = []
    kept: set[str] = set()
    if needed:
        with bucket.begin() as batch:
            for each in needed:
                why = _trouble(batch, each)
                if why is None:
                    digests.append(each.digest)
                else:
                    context.say(f"warning: {each.digest} still has a name outside the store: {why}")
                    there = _identity(status_of(each.path))
                    kept |= {draft.of.path for draft in drafted(bucket.root) if _identity(draft.status) == there}
    return digests, kept


def _trouble(batch: DirectoryBatch, lying: Lying) -> str | None:
    """Give a blob bytes of its own; say why not."""
    try:
        return None if batch.renew(lying.digest) else "it is damaged (modelkeep verify --bytes)"
    except ModelkeepError as error:
        return error.message


def _identity(status: os.stat_result | None) -> tuple[int, int]:
    return (0, 0) if status is None else (status.st_dev, status.st_ino)
