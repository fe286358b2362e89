"""Deleted versions: the sentence of who deleted one and why, and the refusals that quote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.errors import Conflict, NotFound
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.deletions import deletion
from modelkeep.store.db.state import SqlState

if TYPE_CHECKING:
    from modelkeep.domain.entry import Subject
    from modelkeep.domain.verbs import AnyCommand


def deletion_sentence(reader: Reader, model: int, name: str, number: int) -> str | None:
    """Return ``fraud@3 was deleted by ana on 2026-11-23T09:00:01Z: "why"``, None where it was not deleted."""
    found = deletion(reader, None, model, number)
    if found is None:
        return None
    why = "" if found.reason is None else f': "{found.reason}"'
    return f"{name}@{number} was deleted by {found.actor} on {found.time[:19]}Z{why}"


def refuse_change(reader: Reader, subject: Subject, command: AnyCommand) -> None:
    """Raise ``Conflict`` where a change is about a deleted version: who deleted it, when and why."""
    from modelkeep.domain.verbs.delete import Delete  # reads do not need them
    from modelkeep.domain.verbs.interface import STAYS_DELETED
    from modelkeep.domain.verbs.retire import Retire
    from modelkeep.domain.verbs.rollback import Rollback

    # These have nothing to do where the version is gone: deciding says so.
    if subject.version is None or subject.model is None or isinstance(command, (Delete, Retire, Rollback)):
        return
    version = SqlState(reader).version(subject.model, subject.version)
    if version is None or not version.deleted:
        return
    message = deletion_sentence(reader, subject.model, subject.name, subject.version)
    raise Conflict(message or f"{subject.name}@{subject.version} was deleted", STAYS_DELETED)


def refuse_bytes(reader: Reader, model: int, name: str, number: int) -> None:
    """Raise ``NotFound`` where a deleted version's bytes are wanted."""
    sentence = deletion_sentence(reader, model, name, number)
    if sentence is not None:
        hint = f"modelkeep show {name}@{number}        (its bytes go with gc; registered again they get a new number)"
        raise NotFound(sentence, hint)
