"""The outside world of the use cases: one value, made in `registry.py` or by a test."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from modelkeep.domain.times import format_time

if TYPE_CHECKING:
    import os

    from modelkeep.changes.runner import ChangeOutcome
    from modelkeep.provenance.captured_environment import Captured
    from modelkeep.provenance.machine import Account
    from modelkeep.store.bucket.interface import Bucket
    from modelkeep.store.db.sqlite.database import Database


def no_groups(_names: Collection[str]) -> tuple[str, ...]:
    """Return the groups of an account that is in none."""
    return ()


def no_environment(_given: str, _seen: os.stat_result | None) -> Captured:
    """Return that no environment is known."""
    from modelkeep.provenance.captured_environment import Captured

    return Captured()


class Listener(Protocol):
    """Is told of changes that were committed; it raises nothing that would make them fail.

    ``configured`` is what the user's config says of hooks.
    """

    configured: object

    def add(self, context: Context, outcome: ChangeOutcome) -> None:
        """Take a change."""

    def told(self, context: Context) -> None:
        """Act on the changes that were taken, unless it holds: the use case is over, and has nothing open."""

    def hold(self) -> None:
        """Act only when `flush` is called."""

    def flush(self, context: Context) -> None:
        """Act on the changes that were taken."""


class NoListener:
    """Nothing listens."""

    configured: object = None

    def add(self, context: Context, outcome: ChangeOutcome) -> None:
        """Forget a change."""

    def told(self, context: Context) -> None:
        """Do nothing."""

    def hold(self) -> None:
        """Do nothing."""

    def flush(self, context: Context) -> None:
        """Do nothing."""


class Context(Struct, frozen=True):
    """A registry's database and bucket, and the outside world: clock, randomness, user, working directory.

    ``new_id`` returns 128 random bits in hex. ``claim`` returns the name that the user claims; it may run git, so
    it is called only where the name is needed. ``say`` takes notes and warnings for the user. ``script`` is the file
    of the program that calls the API; None where there is none, as on the command line. ``groups_among`` returns which of
    several groups the account is in; it asks the name service, which may take seconds. ``environment`` returns the
    Python environment that ``--env`` means, given also the status of its file. ``listener`` is told of each commit.
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
    environment: Callable[[str, os.stat_result | None], Captured] = no_environment
    listener: Listener = NoListener()

    def now(self) -> str:
        """Return the clock's time as the log writes it."""
        return format_time(self.clock().astimezone(UTC))
