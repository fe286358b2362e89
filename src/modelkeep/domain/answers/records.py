"""The log as people read it, and the registry at a glance."""

from __future__ import annotations

from msgspec import field

from modelkeep.domain.answers.versions import Holder
from modelkeep.domain.record import Answer


class AuditEntry(Answer, frozen=True):
    """An entry of the log as a sentence; ``entry`` is its canonical JSON as text."""

    seq: int
    time: str
    actor: str
    claimed: str | None
    action: str
    subject: str | None
    sentence: str
    reason: str | None
    hash: str
    entry: str


class Status(Answer, frozen=True):
    """The registry at a glance; ``production`` are the holders of the last stage, ``last`` the newest entries.

    ``versions`` and ``size_bytes`` are of those that were not deleted, ``deleted`` counts the others;
    ``models`` leaves out those whose versions were all deleted. ``size_bytes`` is None where too many files would be added up.
    ``backup_of`` is the directory that this one is a backup of, None where it is none.
    """

    registry: str
    origin: str
    id: str
    models: int
    versions: int
    entries: int
    size_bytes: int | None
    head_hash: str
    production_stage: str
    production: dict[str, Holder]
    last: tuple[AuditEntry, ...]
    deleted: int = 0
    backup_of: str | None = None


class Identity(Answer, frozen=True):
    """The author that an entry written now would name: the account of the machine, and the claimed name."""

    user: str
    uid: int | None
    user_namespace: bool
    claimed: str | None
    host: str = field(default="")
