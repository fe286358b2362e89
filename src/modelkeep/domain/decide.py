"""State + intent + observed + time -> events, or an error: all that modelkeep allows is decided here.

Pure: the same four always give the same events, today and when ``verify`` decides again in years.
Where nothing has to change, the decision is `AlreadySo` and no entry is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from modelkeep.domain.details import Details
from modelkeep.domain.entry import Intent, Observed, Origin
from modelkeep.domain.policy.permissions import check_consequences, check_permissions
from modelkeep.domain.state import State
from modelkeep.domain.times import check_stored_time
from modelkeep.domain.verbs.init import Init
from modelkeep.domain.verbs.interface import AlreadySo, Decision, Proposal, check_reserved
from modelkeep.errors import Conflict


def decide(
    state: State,
    intent: Intent,
    observed: Observed,
    time: str,
    details: Details | None = None,
    documents: Mapping[str, bytes] = MappingProxyType({}),
) -> Decision:
    """Return what happens when an intent is carried out at ``time``, an entry's time.

    ``details`` and ``documents`` are what the intent names. Raises ``Conflict``, ``NotFound``, ``UsageError``,
    ``IntegrityError`` or ``Denied`` where it may not.
    """
    head = state.head()
    seq = 1 if head is None else head.seq + 1
    proposal = Proposal(state, intent, observed, time, seq, details, documents)
    _check_frame(proposal)
    if head is not None:
        check_permissions(proposal)
    if intent.origin is not None:
        known = _decide_origin(state, intent, intent.origin)
        if known is not None:
            return known
    decision = intent.command.decide(proposal)
    if head is not None and not isinstance(decision, AlreadySo):
        check_consequences(proposal, decision)
    return decision


def _check_frame(proposal: Proposal) -> None:
    """Check what every intent must satisfy, whatever its verb."""
    state, intent = proposal.state, proposal.intent
    check_stored_time(intent.time, intent.not_after, None if intent.origin is None else intent.origin.time)
    if isinstance(intent.command, Init):
        more = (intent.seen, intent.subject, intent.expect, intent.not_after, intent.origin)
        if proposal.seq != 1 or any(each is not None for each in more):
            message = "a registry is created by its first entry, and only by that"
            raise Conflict(message)
        return
    _check_arguments(intent)
    if intent.registry != state.registry_id():
        message = f"this intent is for the registry {intent.registry}, not for this one"
        raise Conflict(message)
    if intent.seen is None or not 1 <= intent.seen.seq < proposal.seq:
        message = "the intent names no entry of this log as the one its author knew"
        raise Conflict(message)
    if state.hash_at(intent.seen.seq) != intent.seen.hash:
        message = f"entry {intent.seen.seq} is not the one that the author of the intent knew"
        raise Conflict(message, "modelkeep verify --log")
    if state.has_intent(intent.id):
        message = f"the log has an intent {intent.id} already"
        raise Conflict(message)
    if intent.not_after is not None and proposal.time > intent.not_after:
        message = f"the intent was valid until {intent.not_after}"
        raise Conflict(message, "ask again")


def _check_arguments(intent: Intent) -> None:
    """Refuse fields that no rule uses: an actor, evidence, an expectation, or a digest without its version."""
    evidence = None if intent.origin is None else intent.origin.evidence
    check_reserved(intent.actor, evidence, None if intent.command.MAY_EXPECT else intent.expect)
    subject = intent.subject
    if subject is None or intent.command.document_kind is not None:
        return
    if (subject.version is None) != (subject.digest is None):
        message = "a version is named by its number and its digest together"
        raise Conflict(message)


def _decide_origin(state: State, intent: Intent, origin: Origin) -> AlreadySo | None:
    """Answer a fact that was imported before: `AlreadySo` for the same command and subject, ``Conflict`` for others."""
    if origin.entry is None:
        return None
    known = state.imported(origin.system, origin.registry or "", origin.entry)
    if known is None:
        return None
    if known != intent.fact_digest:
        message = f"{origin.system} {origin.entry} was imported before, as something else"
        raise Conflict(message)
    return AlreadySo(f"{origin.system} {origin.entry} was imported before")
