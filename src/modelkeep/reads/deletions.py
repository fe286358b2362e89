"""What was deleted, in words: who did it, when and why, and that nothing more happens to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.errors import Conflict, NotFound
from modelkeep.store.db.sql.deletions import deletion
from modelkeep.store.db.sql.statement import Connection

if TYPE_CHECKING:
    from modelkeep.domain.entry import Subject
    from modelkeep.domain.verbs import AnyCommand


def told(connection: Connection, model: int, name: str, number: int) -> str | None:
    """Return ``fraud@3 was deleted by ana on 2026-11-23T09:00:01Z: "why"``, None where it is there."""
    found = deletion(connection, None, model, number)
    if found is None:
        return None
    why = "" if found.reason is None else f': "{found.reason}"'
    return f"{name}@{number} was deleted by {found.actor} on {found.time[:19]}Z{why}"


def refuse_change(connection: Connection, subject: Subject, command: AnyCommand) -> None:
    """Raise ``Conflict`` where a change is about a version that was deleted: deciding would, with fewer words."""
    from modelkeep.domain.verbs.delete import Delete
    from modelkeep.domain.verbs.question import STAYS_DELETED
    from modelkeep.domain.verbs.retire import Retire
    from modelkeep.domain.verbs.rollback import Rollback

    # These say by themselves that there is nothing to do where the version is gone.
    if subject.version is None or subject.model is None or isinstance(command, (Delete, Retire, Rollback)):
        return
    said = told(connection, subject.model, subject.name, subject.version)
    if said is not None:
        raise Conflict(said, STAYS_DELETED)


def refuse_bytes(connection: Connection, model: int, name: str, number: int) -> None:
    """Raise ``NotFound`` where the bytes of a version are asked for that was deleted."""
    said = told(connection, model, name, number)
    if said is not None:
        hint = f"modelkeep show {name}@{number}        (its bytes go with gc; registered again they get a new number)"
        raise NotFound(said, hint)
