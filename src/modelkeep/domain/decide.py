"""State + intent + observed + time -> events, or an error: the whole of what modelkeep allows.

Pure: the same four always give the same events, today and when ``verify`` asks again in years.
What is so already is answered with `AlreadySo` and leaves no entry.
"""

from __future__ import annotations

from typing import assert_never

from modelkeep.domain import intents
from modelkeep.domain.deciding import deleting, naming, registering, rolling_back, staging, standing
from modelkeep.domain.deciding.common import AlreadySo, Decision, Question
from modelkeep.domain.entry import Observed
from modelkeep.domain.events import RegistryCreated
from modelkeep.domain.intents import Intent
from modelkeep.domain.stages import check_stage
from modelkeep.domain.state import State
from modelkeep.errors import Conflict, Damaged, UsageError

__all__ = ["AlreadySo", "Decision", "decide"]


def decide(  # noqa: C901, PLR0911, PLR0912  one case a verb, nothing else
    state: State,
    intent: Intent,
    observed: Observed,
    time: str,
) -> Decision:
    """Return what happens when an intent is carried out at ``time``, an entry's time.

    Raises ``Conflict``, ``NotFound``, ``UsageError`` or ``IntegrityError`` where it may not.
    """
    question = Question(state, intent, observed, time, seq=_next_seq(state))
    _check_frame(question)
    match intent.arguments:
        case intents.Init() as arguments:
            return _init(question, arguments)
        case intents.Register() as arguments:
            return registering.register(question, arguments)
        case intents.Evaluate() as arguments:
            return registering.evaluate(question, arguments)
        case intents.Promote() as arguments:
            return staging.promote(question, arguments)
        case intents.Rollback() as arguments:
            return rolling_back.rollback(question, arguments)
        case intents.Retire():
            return staging.retire(question)
        case intents.Mark() as arguments:
            return standing.mark(question, arguments)
        case intents.Archive() as arguments:
            return standing.archive(question, arguments)
        case intents.Delete() as arguments:
            return deleting.delete(question, arguments)
        case intents.Alias() as arguments:
            return naming.alias(question, arguments)
        case intents.Tag() as arguments:
            return naming.tag(question, arguments)
        case intents.Describe():
            return naming.describe(question)
        case intents.Note():
            return naming.note(question)
        case intents.Rename() as arguments:
            return naming.rename(question, arguments)
        case intents.Migrate() as arguments:
            message = f"there is no format {arguments.format} to raise the log to"
            raise Conflict(message)
        case _:
            assert_never(intent.arguments)


def _next_seq(state: State) -> int:
    head = state.head()
    return 1 if head is None else head.seq + 1


def _check_frame(question: Question) -> None:
    """Check what every intent must satisfy before its verb is looked at."""
    state, intent = question.state, question.intent
    if isinstance(intent.arguments, intents.Init):
        more = (intent.seen, intent.subject, intent.expect, intent.not_after, intent.origin)
        if question.seq != 1 or any(each is not None for each in more):
            message = "a registry is created by its first entry, and only by that"
            raise Conflict(message)
        return
    if intent.registry != state.registry_id():
        message = f"this intent is for the registry {intent.registry}, not for this one"
        raise Conflict(message)
    if intent.seen is None or not 1 <= intent.seen.seq < question.seq:
        message = "the intent names no entry of this log as the one its author knew"
        raise Conflict(message)
    if state.hash_at(intent.seen.seq) != intent.seen.hash:
        message = f"entry {intent.seen.seq} is not the one that the author of the intent knew"
        raise Conflict(message, "modelkeep verify --log")
    if state.has_intent(intent.id):
        message = f"the log has an intent {intent.id} already"
        raise Conflict(message)
    if intent.not_after is not None and question.time > intent.not_after:
        message = f"the intent was valid until {intent.not_after}"
        raise Conflict(message, "ask again")
    if intent.origin is not None:
        message = "importing is not part of this log's rules yet"
        raise Conflict(message)


def _init(question: Question, arguments: intents.Init) -> Decision:
    words: set[str] = set()
    for stage in arguments.stages:
        for word in (stage.name, *stage.synonyms):
            if word in words:
                message = f"two stages are called {word!r}"
                raise UsageError(message)
            words.add(word)
            check_stage(word)
    if not arguments.stages:
        message = "a registry has at least one stage"
        raise UsageError(message, "modelkeep init --stages staging,production")
    if question.observed.absent:
        message = "nothing can be missing from an empty registry"
        raise Damaged(message)
    return (RegistryCreated(),)
