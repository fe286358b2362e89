"""`retire`: a stage is emptied, or a share of it ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import (
    AlreadySo,
    Command,
    Decision,
    End,
    Event,
    Proposal,
    ended_share,
    ends_of,
    ends_with_shares,
    first_ended,
    permission_of_stage,
)
from modelkeep.domain.verbs.rollback import ShareEnded, ended_shares, share_of
from modelkeep.domain.verbs.rows import Changes, Recorded
from modelkeep.domain.verbs.words import EntryWords, join_words

if TYPE_CHECKING:
    from modelkeep.domain.entry import Subject


class Retire(Command, frozen=True):
    """Empty a stage; where a version is named, only if it is the holder. Of a version with a share only that ends."""

    PERMISSION = "retire"
    MAY_EXPECT = DONE_IF_DELETED = True

    def permissions(self, subject: Subject | None) -> tuple[str, ...]:
        return (permission_of_stage(self.PERMISSION, subject),)

    def decide(self, proposal: Proposal) -> Decision:
        model = proposal.known_model()
        stage = proposal.stage().name
        holder = proposal.state.holder(model.seq, stage)
        if holder is None:
            return AlreadySo(f"{model.name} has nothing in {stage}")
        named = None if proposal.subject().version is None else proposal.known_version(model)
        if named is not None and named.number != holder.version:
            share = share_of(proposal.state, model.seq, stage, named.number)
            if share is None:
                return AlreadySo(f"{model.ref(named.number)} is not in {stage} ({model.ref(holder.version)} is)")
            proposal.check_expected(holder.version, f"the holder of {stage}")
            return (ShareEnded(model.seq, stage, ends_of(share)),)
        proposal.check_expected(holder.version, f"the holder of {stage}")
        return (StageRetired(model.seq, stage, ends_with_shares(proposal.state, holder)),)

    def sentence(self, words: EntryWords) -> str:
        retired = [
            f"retired {join_words([words.ref(end.version) for end in event.ends])} from {event.stage}"
            for event in words.events(StageRetired)
        ]
        return ", ".join([*retired, *ended_shares(words)])


class StageRetired(Event, frozen=True):
    """A stage was emptied: the holder left it, and the shares beside it ended."""

    model: Ordinal
    stage: str
    ends: tuple[End, ...] = ()

    def effects(self, name: str) -> Iterator[Effect]:
        yield Effect(self.stage, first_ended(self.ends, name), NONE)
        yield from (ended_share(self.stage, (end,), name) for end in self.ends[1:])

    def project(self, recorded: Recorded) -> Changes:
        yield from recorded.ended_rows(self.model, self.ends)
