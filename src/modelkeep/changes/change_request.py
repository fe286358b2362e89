"""A change as it is asked for, with its references resolved, and what is refused before anything is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from msgspec import Struct, field

from modelkeep.domain.answers.changes import Effect, RuleFinding, Verdict
from modelkeep.domain.entry import Expect, Subject
from modelkeep.domain.labels import label_key
from modelkeep.domain.refs import Digest, Label, Number, parse_selector
from modelkeep.domain.stages import StageDef
from modelkeep.domain.text import printable
from modelkeep.domain.verbs.interface import STAYS_DELETED, Command
from modelkeep.domain.verbs.rollback import Rollback
from modelkeep.errors import Conflict, NotFound, UsageError
from modelkeep.reads.references import Say, deletion_sentence
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.references import Resolved, find_model, name_of, of_digest
from modelkeep.store.db.state import SqlState


class ChangeRequest(Struct, frozen=True):
    """A change with its references resolved: the parts of its intent, and what the answer says besides.

    ``intent_subject`` is None for a change that is about no model; ``about`` then names it in its answer. ``fields``
    become the details, ``documents`` may be new. ``needed`` are versions (model and number) whose bytes must be in the
    store. ``effects`` are those that the events do not show. ``hints`` are next commands, with ``{}`` for the version.
    ``rules`` and ``plan`` are what the policy said of the version, where the entry itself does not.
    ``unchanged`` says why there is nothing to do, where only the details show it: `decide` does not see them.
    """

    command: Command
    intent_subject: Subject | None
    expect: Expect | None = None
    fields: tuple[tuple[str, str], ...] = ()
    documents: Mapping[str, bytes] = field(default_factory=dict)
    needed: tuple[tuple[int, int], ...] = ()
    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    verdict: tuple[Verdict, ...] = ()
    rules: tuple[RuleFinding, ...] = ()
    plan: str | None = None
    unchanged: str | None = None
    about: str = ""

    @property
    def subject(self) -> Subject:
        """What the change is about, where it is about a model."""
        if self.intent_subject is None:
            message = f"{self.about} is no model"
            raise UsageError(message)
        return self.intent_subject

    @property
    def name(self) -> str:
        """The model's name, or where the change is about none what ``about`` says."""
        return self.about if self.intent_subject is None else self.intent_subject.name

    @property
    def version(self) -> int | None:
        """The version that it is about, None where it is about none."""
        return None if self.intent_subject is None else self.intent_subject.version


#: Makes the request from what was typed: called on a snapshot, and again under the lock where the log has grown since.
Resolve: TypeAlias = Callable[[Reader, Say], ChangeRequest]


def subject_of(found: Resolved, stage: StageDef | None = None) -> Subject:
    """Return what an intent about a version or a model is about."""
    return Subject(
        digest=found.digest if found.number is not None else None,
        model=found.model,
        name=found.name,
        stage=None if stage is None else stage.name,
        version=found.number,
    )


def expectation(reader: Reader, text: str | None, model: int | None) -> Expect | None:
    """Return what ``--expect`` names: a number, a label, a digest or ``none``; never a name that can move.

    A reference of the model, as ``fraud@3``, is understood too: so answers print a holder.
    """
    if text is None:
        return None
    if text.lower() == "none":
        return Expect(0)
    name, at, selector_text = text.rpartition("@")
    if at and (model is None or find_model(reader, None, name).model != model):
        message = f"--expect names a version of another model: {printable(text)}"
        raise UsageError(message, f"--expect {selector_text}" if model is None else None)
    selector = parse_selector(selector_text)
    number: int | None = None
    match selector:
        case Number():
            number = selector.number
        case Label():
            number = None if model is None else SqlState(reader).version_labelled(model, label_key(selector.text))
        case Digest():
            if model is not None:
                number = of_digest(reader, None, selector, Resolved(model, name_of(reader, None, model))).number
        case _:
            message = f"--expect compares with a number, a label, a digest or none; '{printable(text)}' may move"
            raise UsageError(message, "--expect 3")
    if number is None:
        message = f"--expect names no version: {printable(text)}"
        raise NotFound(message)
    return Expect(number)


def refuse_deleted(reader: Reader, request: ChangeRequest) -> None:
    """Raise ``Conflict`` where a change is about a deleted version; the message says who deleted it, when and why."""
    subject = request.intent_subject
    if subject is None or subject.version is None or subject.model is None or request.command.DONE_IF_DELETED:
        return
    version = SqlState(reader).version(subject.model, subject.version)
    if version is None or not version.deleted:
        return
    message = deletion_sentence(reader, subject.model, subject.name, subject.version)
    raise Conflict(message or f"{subject.name}@{subject.version} was deleted", STAYS_DELETED)


def check_same(before: ChangeRequest, now: ChangeRequest) -> None:
    """Raise ``Conflict`` where a reference means something else now than when the intent was drafted."""
    old, new = before.intent_subject, now.intent_subject
    same = old is new or (
        old is not None
        and new is not None
        and (old.version, old.digest) == (new.version, new.digest)
        and old.model in (None, new.model)
    )
    # The draft already holds the details, so the new request must have the same ones.
    alike = (before.command, before.fields) == (now.command, now.fields)
    # A rollback whose version has left the stage meanwhile does nothing: deciding says so.
    if same and (alike or isinstance(before.command, Rollback)):
        return
    if same:
        message = f"{before.name} changed meanwhile"
        raise Conflict(message, "try again")
    message = f"{before.name} changed meanwhile: what was {before.version or 'none'} is {now.version or 'none'} now"
    raise Conflict(message, "look again, then name the version by its number")
