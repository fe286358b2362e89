"""The outside world of the use cases: one value, made in `registry.py` or by a test."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from modelkeep.domain.times import format_time

if TYPE_CHECKING:
    from modelkeep.provenance.machine import Account
    from modelkeep.store.bucket.interface import Bucket
    from modelkeep.store.db.sqlite.database import Database


def no_groups(_names: Collection[str]) -> tuple[str, ...]:
    """Return the groups of an account that is in none."""
    return ()


class Context(Struct, frozen=True):
    """A registry's database and bucket, and the outside world: clock, randomness, user, working directory.

    ``new_id`` returns 128 random bits in hex. ``claim`` returns the name that the user claims; it may run git, so
    it is called only where the name is needed. ``say`` takes notes and warnings for the user. ``script`` is the file
    of the program that calls the API; None where there is none, as on the command line. ``groups_among`` returns which of
    several groups the account is in; it asks the name service, which may take seconds.
    """

    directory: str
    database: Database
    bucket: Bucket
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    account: Account
    claim: Callable[[], str | None]
    environ: Mapping[str, str]
    cwd: str
    cache_dir: str
    state_dir: str
    client: str
    say: Callable[[str], None]
    script: str | None = None
    groups_among: Callable[[Collection[str]], tuple[str, ...]] = no_groups

    def now(self) -> str:
        """Return the clock's time as the log writes it."""
        return format_time(self.clock().astimezone(UTC))
