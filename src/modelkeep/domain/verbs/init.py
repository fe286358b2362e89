"""`init`: a registry begins, with its stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.stages import StageDef, check_stage
from modelkeep.domain.verbs.interface import Command, Decision, Event, Question
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row, opened
from modelkeep.domain.verbs.wording import Texts, join_words
from modelkeep.errors import Damaged, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Init(Command, frozen=True):
    """Create a registry with these stages, lowest first."""

    stages: tuple[StageDef, ...] = ()


class RegistryCreated(Event, frozen=True):
    """The first event of every registry."""


def decide(question: Question, command: Init) -> Decision:
    """Create the registry; its stages have different words that may be stages."""
    words: set[str] = set()
    for stage in command.stages:
        for word in (stage.name, *stage.synonyms):
            if word in words:
                message = f"two stages are called {word!r}"
                raise UsageError(message)
            words.add(word)
            check_stage(word)
    if not command.stages:
        message = "a registry has at least one stage"
        raise UsageError(message, "modelkeep init --stages staging,production")
    if question.observed.absent:
        message = "nothing can be missing from an empty registry"
        raise Damaged(message)
    return (RegistryCreated(),)


def registry_rows(recorded: Recorded, _event: RegistryCreated) -> Changes:
    """Yield the row of the registry and one for each stage."""
    yield Insert("registry", {"id": recorded.entry.intent.registry, "seq": recorded.seq})
    for position, stage in enumerate(recorded.command(Init).stages, start=1):
        row: Row = {
            "position": position,
            "name": stage.name,
            "protected": int(stage.protected),
            "synonyms": " ".join(stage.synonyms),
        }
        yield opened("stage", row, recorded.seq)


def sentence(_entry: Entry, command: Init, _texts: Texts) -> str:
    """Return what the entry did."""
    return f"created the registry with the stages {join_words([stage.name for stage in command.stages])}"
