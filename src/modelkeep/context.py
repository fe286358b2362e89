"""Where use cases get the outside world from: one value, made once in `registry.py`, or by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from modelkeep.domain.times import format_time

if TYPE_CHECKING:
    from modelkeep.provenance.machine import Actor
    from modelkeep.store.content.artifacts import Artifacts
    from modelkeep.store.db.sqlite.database import Database


class Context(Struct, frozen=True):
    """The registry's files, and what stands outside: clock, chance, who this is, where we are.

    ``chance`` returns 128 random bits in hex. ``claim`` asks (late, for it may ask git) who the
    person says to be. ``say`` takes what is worth telling on the way.
    """

    directory: str
    database: Database
    artifacts: Artifacts
    clock: Callable[[], datetime]
    chance: Callable[[], str]
    actor: Actor
    claim: Callable[[], str | None]
    environ: Mapping[str, str]
    cwd: str
    cache_dir: str
    state_dir: str
    client: str
    say: Callable[[str], None]

    def now(self) -> str:
        """Return the clock's time as the log writes it."""
        return format_time(self.clock().astimezone(UTC))
