"""`supplement`: what is found or told of a version after it was registered; and the rows of such facts.

A version has at most one inspection, interface, environment and licence, and attachments by name: the newest counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Protocol

from modelkeep.domain.record import LogValue, Ordinal, Sha256
from modelkeep.domain.text import pattern, printable
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal, check_once
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords, join_words
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from modelkeep.domain.state import State

#: What a word of the program looks like that is no part of the format: the kind of an attachment, of a CI system.
WORD = pattern(r"[a-z][a-z0-9-]{0,31}")
_NAME = pattern(r"[^/\x00-\x1f\x7f]{1,250}")
MOST_ATTACHMENTS = 20
#: The argument, the kind of its document, and the kind of its fact.
_DOCUMENTS = ("environment", "inspected", "interface")
_KINDS = {"environment": "environment", "inspected": "inspection", "interface": "interface"}


class Attachment(LogValue, frozen=True):
    """A document that belongs to a version: ``kind`` is ``diff`` or ``file``."""

    digest: Sha256
    kind: str
    name: str


class Described(Protocol):
    """A command that has facts of a version."""

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Documents that belong to it."""

    @property
    def environment(self) -> str | None:
        """The digest of the environment that made it."""

    @property
    def inspected(self) -> str | None:
        """The digest of what was found in its files."""

    @property
    def interface(self) -> str | None:
        """The digest of its signature."""

    @property
    def licence(self) -> str | None:
        """Its licence, as an SPDX expression."""


class Supplement(Command, frozen=True, kw_only=True):
    """Add facts to a version that exists; the same again is no change."""

    #: What is recorded here is what rules of the policy ask for, as at a registration.
    PERMISSION = "register"
    HINT_IF_TOO_LONG = "attach fewer files at once"

    attachments: tuple[Attachment, ...] = ()
    environment: Sha256 | None = None
    inspected: Sha256 | None = None
    interface: Sha256 | None = None
    licence: str | None = None

    def documents(self) -> Mapping[str, str]:
        return fact_documents(self)

    def decide(self, proposal: Proposal) -> Decision:
        model, version = proposal.model_and_version()
        check_facts(proposal, self)
        facts = [(kind, name, value) for kind, name, value in _facts(self)]
        if not facts:
            message = "supplement needs something to add"
            raise UsageError(message, f"modelkeep supplement {quote(model.ref(version.number))} --licence Apache-2.0")
        state = proposal.state
        if all(_newest(state, model.seq, version.number, kind, name) == value for kind, name, value in facts):
            return AlreadySo(f"{model.ref(version.number)} has that already")
        return (VersionSupplemented(model.seq, version.number),)

    def sentence(self, words: EntryWords) -> str:
        what = [word for word in _DOCUMENTS if getattr(self, word) is not None]
        what = [{"inspected": "what is in its files", "interface": "signature"}.get(word, word) for word in what]
        what += [] if self.licence is None else [f"licence {self.licence}"]
        what += [f"attachment {each.name}" for each in self.attachments]
        return f"added {join_words(what)} to {words.subject}"


class VersionSupplemented(Event, frozen=True):
    """A version has further facts."""

    model: Ordinal
    version: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        yield from fact_rows(recorded, self.model, self.version, recorded.command(Supplement))


def fact_documents(command: Described) -> dict[str, str]:
    """Return the kind of each document that a command has facts in, by digest."""
    found = {str(getattr(command, word)): _KINDS[word] for word in _DOCUMENTS if getattr(command, word) is not None}
    return {**{each.digest: "attachment" for each in command.attachments}, **found}


def check_facts(proposal: Proposal, command: Described) -> None:
    """Raise ``Damaged`` where a document is not what it should be, ``UsageError`` for attachments that cannot be kept."""
    from modelkeep.domain.known_documents import PARSERS  # many versions have none

    for digest, kind in fact_documents(command).items():
        PARSERS[kind](proposal.document(digest, kind))
    check_once("attachment", [each.name for each in command.attachments])
    if len(command.attachments) > MOST_ATTACHMENTS:
        message = f"{len(command.attachments)} attachments are more than the {MOST_ATTACHMENTS} that fit at once"
        raise UsageError(message)
    for each in command.attachments:
        if not WORD.fullmatch(each.kind) or not _NAME.fullmatch(each.name):
            message = f"not an attachment: {printable(each.kind)} {printable(each.name)}"
            raise UsageError(message)


def fact_rows(
    recorded: Recorded, model: int, version: int, command: Described, more: Iterable[tuple[str, str, str]] = ()
) -> Changes:
    """Yield a row for each fact, with a row for each format that was found; ``more`` are kind, name and value."""
    facts = [*_facts(command), *more]
    if command.inspected is not None:
        from modelkeep.domain.known_documents import parse_inspection

        found = parse_inspection(recorded.document(command.inspected, "inspection"))
        facts += [("format", each, each) for each in found.formats]
    key: Row = {"model": model, "version": version, "seq": recorded.seq}
    for kind, name, value in facts:
        yield Insert("version_fact", {**key, "kind": kind, "name": name, "value": value})


def _facts(command: Described) -> Sequence[tuple[str, str, str]]:
    """Return kind, name and value of what a command says itself."""
    found = [(_KINDS[word], "", value) for word in _DOCUMENTS if (value := getattr(command, word)) is not None]
    found += [] if command.licence is None else [("licence", "", command.licence)]
    return [*found, *((f"attachment.{each.kind}", each.name, each.digest) for each in command.attachments)]


def _newest(state: State, model: int, version: int, kind: str, name: str) -> str | None:
    return state.fact(model, version, kind, name)
