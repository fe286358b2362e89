"""Where an imported fact comes from: the same fact is imported once."""

from __future__ import annotations

from modelkeep.domain.entry import Intent, Origin
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.record import encode_canonical
from modelkeep.domain.state import State
from modelkeep.domain.verbs.interface import AlreadySo
from modelkeep.domain.verbs.migrate import Migrate
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.errors import Conflict


def decide_origin(state: State, intent: Intent, origin: Origin) -> AlreadySo | None:
    """Answer a fact that was imported before: `AlreadySo` for the same command and subject, ``Conflict`` for others."""
    if isinstance(intent.command, Migrate):
        message = "a migration comes from nowhere else"
        raise Conflict(message)
    if origin.entry is None:
        return None
    known = state.imported(origin.system, origin.registry or "", origin.entry)
    if known is None:
        return None
    if known != fact_digest(intent):
        message = f"{origin.system} {origin.entry} was imported before, as something else"
        raise Conflict(message)
    return AlreadySo(f"{origin.system} {origin.entry} was imported before")


def fact_digest(intent: Intent) -> str:
    """Return a digest of what an imported fact says: its command, and its subject whatever the model is called now."""
    subject = intent.subject
    about = None if subject is None else (subject.version, subject.digest, subject.stage)
    return digest_of(encode_canonical([intent.command, about]))


def origin_rows(recorded: Recorded) -> Changes:
    """Yield the row of the fact that an entry imported."""
    intent = recorded.entry.intent
    origin = intent.origin
    if origin is not None and origin.entry is not None:
        row: Row = {"system": origin.system, "source": origin.registry or "", "entry": origin.entry}
        yield Insert("origin", {**row, "seq": recorded.seq, "fact": fact_digest(intent), "time": origin.time})
