"""`tag`: keys and values of a version or a model; they stand in the details, where each can be redacted."""

from __future__ import annotations

from collections.abc import Sequence

from modelkeep.domain.details import Line
from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Close, Recorded
from modelkeep.domain.verbs.words import EntryWords, join_words, shortened
from modelkeep.errors import Conflict

#: The field of an entry's texts that names a tag which the entry ended; it stands in no details.
ENDED_TAG = "ended tag"
_MOST_TAGS = 4


class Tag(Command, frozen=True):
    """Set the tags in the details; ``remove`` names set ones by the digests of their lines."""

    PERMISSION = "annotate"

    remove: tuple[str, ...] = ()

    def decide(self, proposal: Proposal) -> Decision:
        """Set the tags of the details; the tags to remove must still be set by the lines that are named."""
        model, version = proposal.model_or_version()
        for line in self.remove:
            if not proposal.state.has_tag_line(model.seq, version, line):
                message = f"a tag of {model.name} changed meanwhile"
                raise Conflict(message, "try again")
        if not self.remove and proposal.intent.details is None:
            return AlreadySo(f"no tag of {model.name} would change")
        return (Tagged(model.seq, version),)

    def sentence(self, words: EntryWords) -> str:
        tags = [f"{field[4:]}={shortened(value)}" for field, value in words.texts if field.startswith("tag.")]
        put = {field[4:] for field, _ in words.texts if field.startswith("tag.")}
        # A tag that is replaced ends too, which is not to be said of it.
        ended = [value for field, value in words.texts if field == ENDED_TAG]
        removed = [key for key in ended if key not in put]
        parts = []
        if tags:
            parts.append(f"tagged {words.subject} {_some(tags)}")
        if removed:
            parts.append(f"took the tag{'' if len(removed) == 1 else 's'} {_some(removed)} off {words.subject}")
        if self.remove and not ended and not tags:
            parts.append(f"took {len(self.remove)} tag{'' if len(self.remove) == 1 else 's'} off {words.subject}")
        return ", ".join(parts) or f"tagged {words.subject}"


def _some(words: Sequence[str]) -> str:
    """Return the first of some words, and how many more tags there are."""
    more = len(words) - _MOST_TAGS
    return join_words([*words[:_MOST_TAGS], *([f"{more} more tag{'' if more == 1 else 's'}"] if more > 0 else [])])


class Tagged(Event, frozen=True):
    """The tags of a version, or without one of the model, changed."""

    model: Ordinal
    version: Ordinal | None = None

    def project(self, recorded: Recorded) -> Changes:
        version = self.version or 0
        where = (("model", "=", self.model), ("version", "=", version))
        for line in recorded.command(Tag).remove:
            yield Close("tag", (*where, ("line", "=", line)), recorded.seq)
        for key, _, _ in _tag_lines(recorded):
            yield Close("tag", (*where, ("key", "=", key)), recorded.seq)
        yield from tag_rows(recorded, self.model, version)


def tag_rows(recorded: Recorded, model: int, version: int) -> Changes:
    """Yield the rows of the tags that the details set."""
    tags = _tag_lines(recorded)
    for key, value, line in tags:
        yield recorded.opened("tag", {"model": model, "version": version, "key": key, "value": value, "line": line})
    yield from recorded.word_rows(model, version, [(f"tag.{key}", value) for key, value, _ in tags])


def _tag_lines(recorded: Recorded) -> list[tuple[str, str, str]]:
    """Return key, value and line digest of each tag."""
    lines = () if recorded.details is None else recorded.details.lines
    return [
        (line.field.removeprefix("tag."), line.value, line.line_digest)
        for line in lines
        if isinstance(line, Line) and line.field.startswith("tag.")
    ]
