"""`tag`: keys and values of a version or a model; they stand in the details, where each can be redacted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.details import Details, Line
from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Question
from modelkeep.domain.verbs.rows import Changes, Close, Recorded, opened
from modelkeep.domain.verbs.wording import Texts, join_words, shortened, subject_name
from modelkeep.errors import Conflict

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry

_MOST_TAGS = 4


class Tag(Command, frozen=True):
    """Set the tags in the details; ``remove`` names set ones by the digests of their lines."""

    remove: tuple[str, ...] = ()


class Tagged(Event, frozen=True):
    """The tags of a version, or without one of the model, changed."""

    model: Ordinal
    version: Ordinal | None = None


def decide(question: Question, command: Tag) -> Decision:
    """Set the tags of the details; the tags to remove must still be set by the lines that are named."""
    model = question.model()
    version = question.optional_version(model)
    number = None if version is None else version.number
    for line in command.remove:
        if not question.state.has_tag_line(model.seq, number, line):
            message = f"a tag of {model.name} changed meanwhile"
            raise Conflict(message, "try again")
    if not command.remove and question.intent.details is None:
        return AlreadySo("the tags are so already", version=number)
    return (Tagged(model.seq, number),)


def tagged_rows(recorded: Recorded, event: Tagged) -> Changes:
    """Yield the ends of the tags that were removed or replaced, and the rows of the new ones."""
    version = event.version or 0
    where = (("model", "=", event.model), ("version", "=", version))
    for line in recorded.command(Tag).remove:
        yield Close("tag", (*where, ("line", "=", line)), recorded.seq)
    for key, _, _ in _tag_lines(recorded.details):
        yield Close("tag", (*where, ("key", "=", key)), recorded.seq)
    yield from tag_rows(recorded.seq, event.model, version, recorded.details)


def tag_rows(seq: int, model: int, version: int, details: Details | None) -> Changes:
    """Yield a row for each tag that the details set."""
    for key, value, line in _tag_lines(details):
        yield opened("tag", {"model": model, "version": version, "key": key, "value": value, "line": line}, seq)


def _tag_lines(details: Details | None) -> list[tuple[str, str, str]]:
    """Return key, value and line digest of each tag."""
    lines = () if details is None else details.lines
    return [
        (line.field.removeprefix("tag."), line.value, line.line_digest)
        for line in lines
        if isinstance(line, Line) and line.field.startswith("tag.")
    ]


def sentence(entry: Entry, command: Tag, texts: Texts) -> str:
    """Return what the entry did."""
    tags = [f"{field[4:]}={shortened(value)}" for field, value in texts if field.startswith("tag.")]
    about, removed = subject_name(entry), len(command.remove)
    parts = []
    if tags:
        more = [f"{len(tags) - _MOST_TAGS} more"] if len(tags) > _MOST_TAGS else []
        parts.append(f"tagged {about} {join_words([*tags[:_MOST_TAGS], *more])}")
    if removed:
        parts.append(f"took {removed} tag{'' if removed == 1 else 's'} off {about}")
    return ", ".join(parts) or f"tagged {about}"
