"""`init`: a registry begins, with its stages."""

from __future__ import annotations

from modelkeep.domain.stages import StageDef, check_stages
from modelkeep.domain.verbs.interface import Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords, join_words
from modelkeep.errors import Damaged


class Init(Command, frozen=True):
    """Create a registry with these stages, lowest first; no two words for them are the same."""

    PERMISSION = "init"

    stages: tuple[StageDef, ...] = ()

    def decide(self, proposal: Proposal) -> Decision:
        check_stages(self.stages)
        if proposal.observed.absent:
            message = "nothing can be missing from an empty registry"
            raise Damaged(message)
        return (RegistryCreated(),)

    def sentence(self, _words: EntryWords) -> str:
        return f"created the registry with the stages {join_words([stage.name for stage in self.stages])}"


class RegistryCreated(Event, frozen=True):
    """The first event of every registry."""

    def project(self, recorded: Recorded) -> Changes:
        yield Insert("registry", {"id": recorded.entry.intent.registry, "seq": recorded.seq})
        for position, stage in enumerate(recorded.command(Init).stages, start=1):
            row: Row = {
                "position": position,
                "name": stage.name,
                "protected": int(stage.protected),
                "synonyms": " ".join(stage.synonyms),
            }
            yield recorded.opened("stage", row)
