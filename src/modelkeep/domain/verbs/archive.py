"""`archive`: versions are archived, or restored."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from modelkeep.domain.record import Ordinal
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.interface import (
    AlreadySo,
    Command,
    Decision,
    End,
    Event,
    Proposal,
    ends_with_shares,
    retirements,
)
from modelkeep.domain.verbs.rows import Changes, Close, Recorded
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict, UsageError


class Archive(Command, frozen=True):
    """Archive a version, or ``all`` of a model; or ``undo`` that. One that holds a protected stage is not archived."""

    PERMISSION = "archive"

    all: bool = False
    undo: bool = False

    def permissions_of_events(self, events: Sequence[Event]) -> tuple[str, ...]:
        """Return those to empty the stages that what is archived holds."""
        archived = (event for event in events if isinstance(event, VersionArchived))
        return retirements(end for event in archived for end in event.ends)

    def decide(self, proposal: Proposal) -> Decision:
        if self.all:
            model = proposal.model()
            if proposal.subject().version is not None:
                message = "all versions of a model, or one"
                raise UsageError(message)
            if model.newest == 0:
                return AlreadySo(f"{model.name} has no version")
            first, last, name = 1, model.newest, f"every version of {model.name}"
            archived = proposal.state.all_archived(model.seq)
        else:
            model, version = proposal.model_and_version()
            first = last = version.number
            name, archived = model.ref(version.number), version.archived
        if self.undo:
            if not proposal.state.archived_ranges(model.seq, first, last):
                return AlreadySo(f"{name} is not archived")
            return (make_restoration(proposal, model, first, last),)
        return AlreadySo(f"{name} is archived") if archived else (_archived(proposal, model, first, last),)

    def sentence(self, words: EntryWords) -> str:
        which = f"every version of {words.model}" if self.all else words.subject
        if self.undo:
            return f"restored {which} from the archive"
        ends = [end for event in words.events(VersionArchived) for end in event.ends]
        return ", ".join([f"archived {which}", *words.stages_left(ends)])


class VersionArchived(Event, frozen=True):
    """The versions from ``first`` to ``last`` were archived."""

    first: Ordinal
    last: Ordinal
    model: Ordinal
    ends: tuple[End, ...] = ()

    def project(self, recorded: Recorded) -> Changes:
        yield from recorded.ended_rows(self.model, self.ends)
        yield recorded.opened("archived", {"model": self.model, "first": self.first, "last": self.last})


class VersionRestored(Event, frozen=True):
    """The versions from ``first`` to ``last`` were restored.

    Ranges that reach beyond them end too; ``keeps`` are the parts of those that stay archived.
    """

    first: Ordinal
    last: Ordinal
    model: Ordinal
    keeps: tuple[tuple[Ordinal, Ordinal], ...] = ()

    def project(self, recorded: Recorded) -> Changes:
        touching = (("model", "=", self.model), ("first", "<=", self.last), ("last", ">=", self.first))
        yield Close("archived", touching, recorded.seq)
        for first, last in self.keeps:
            yield recorded.opened("archived", {"model": self.model, "first": first, "last": last})


def make_restoration(proposal: Proposal, model: Model, first: int, last: int) -> VersionRestored:
    """Return the event that takes ``first`` to ``last`` out of every archived range."""
    keeps: set[tuple[int, int]] = set()
    for start, end in proposal.state.archived_ranges(model.seq, first, last):
        if start < first:
            keeps.add((start, first - 1))
        if end > last:
            keeps.add((last + 1, end))
    return VersionRestored(first, last, model.seq, tuple(sorted(keeps)))


def _archived(proposal: Proposal, model: Model, first: int, last: int) -> VersionArchived:
    protected = {stage.name for stage in proposal.state.stages() if stage.protected}
    held = proposal.state.open_tenures(model.seq, first, last)
    for tenure in held:
        if tenure.stage in protected:
            name = model.ref(tenure.version)
            message = f"{name} is in {tenure.stage}, which is protected"
            raise Conflict(message, f"modelkeep retire {quote(name)} {tenure.stage}        (or promote another)")
    return VersionArchived(first, last, model.seq, ends_with_shares(proposal.state, *held))
