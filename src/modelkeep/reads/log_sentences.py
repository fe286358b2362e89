"""Entries of the log as people read them: a sentence each, with who, when and why."""

from __future__ import annotations

from modelkeep.domain.answers.reports import AuditEntry
from modelkeep.domain.entry import parse_entry
from modelkeep.domain.verbs.all_verbs import ACTIONS
from modelkeep.domain.verbs.tag import Tag
from modelkeep.errors import Damaged, NotFound
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import audit


def newest(
    reader: Reader,
    *,
    about: tuple[int, int] | None,
    first: int,
    last: int | None,
    actor: str | None,
    action: str | None,
    limit: int | None,
) -> list[AuditEntry]:
    """Return the newest entries that match, newest first; ``NotFound`` for an unknown action."""
    if action is not None and action not in ACTIONS:
        message = f"there is no action '{action}'"
        raise NotFound(message, f"actions are {', '.join(ACTIONS)}")
    found = audit.entries(reader, about=about, first=first, last=last, actor=actor, action=action, limit=limit)
    return [audit_entry(reader, logged) for logged in found]


def audit_entry(reader: Reader, logged: audit.Logged) -> AuditEntry:
    """Return an entry as a sentence; for one that cannot be read the sentence says so."""
    texts = dict(reversed(audit.texts(reader, logged.seq)))
    subject = None
    try:
        entry = parse_entry(logged.data)
        fields = list(texts.items())
        if isinstance(entry.intent.command, Tag) and entry.intent.details is not None:
            fields = audit.tags(reader, entry.intent.details)
        subject, sentence = entry.subject_name, entry.sentence(fields)
    except Damaged as error:
        sentence = f"cannot be read: {error.message}"
    reason = texts.get("reason")
    if reason is not None:
        sentence += f': "{reason}"'
    return AuditEntry(
        seq=logged.seq,
        time=logged.time,
        actor=logged.actor,
        claimed=texts.get("claimed"),
        action=logged.action,
        subject=subject,
        sentence=sentence,
        reason=reason,
        hash=logged.hash,
        entry=logged.data.decode(errors="replace"),
    )
