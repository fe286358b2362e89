"""Who an entry's author is called."""

from __future__ import annotations

from modelkeep.domain.entry import Entry


def actor_of(entry: Entry) -> str:
    """Return the name an entry's author goes by: as proved or configured, else as the machine says."""
    actor = entry.intent.actor
    if actor.person is not None:
        return actor.person
    return entry.observed.user if actor.ci is None else actor.ci.subject
