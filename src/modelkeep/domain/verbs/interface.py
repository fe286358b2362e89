"""The bases of every verb: a command, with decision and sentence, and events, with their rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from msgspec import Struct, field

from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.record import LogValue, Ordinal
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Model, State, Tenure, Version
from modelkeep.domain.verbs.rows import Changes, Recorded
from modelkeep.errors import Conflict, Damaged, IntegrityError, NotFound, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.details import Details
    from modelkeep.domain.entry import Intent, Observed, Subject
    from modelkeep.domain.policy.results import RuleResult
    from modelkeep.domain.verbs.words import EntryWords


class Command(LogValue, frozen=True, tag_field="kind", tag=str.lower):
    """A verb and its arguments, as an intent asks for them; the log's word is the class name in lower case."""

    #: Whether its intent may name the holder that is expected.
    MAY_EXPECT: ClassVar[bool] = False
    #: Whether `decide` itself says what happens where its version was deleted; else that is refused before.
    DONE_IF_DELETED: ClassVar[bool] = False
    #: The permission that it needs, where a policy has roles; see `domain.policy.permissions`.
    PERMISSION: ClassVar[str]
    #: What to do where its entry would be too long; ``{}`` is the model.
    HINT_IF_TOO_LONG: ClassVar[str] = "give fewer metrics or datasets at once; evaluate adds metrics later"

    @property
    def document_kind(self) -> str | None:
        """Whether the digest of its subject is that of a ``manifest`` or a ``pointer``; None where it names a version."""
        return None

    def documents(self) -> Mapping[str, str]:
        """Return the kind of each other document that it names, by digest."""
        return {}

    def permissions(self, _subject: Subject | None) -> tuple[str, ...]:
        """Return every permission that it needs."""
        return (self.PERMISSION,)

    def permissions_of_events(self, _events: Sequence[Event]) -> tuple[str, ...]:
        """Return the permissions that it needs for what happens by the way."""
        return ()

    @abstractmethod
    def decide(self, proposal: Proposal) -> Decision:
        """Return its events, or `AlreadySo`; raise where it may not be carried out."""

    @abstractmethod
    def sentence(self, words: EntryWords) -> str:
        """Return what its entry did, in the past tense."""


class Event(LogValue, frozen=True, tag_field="kind", tag=True):
    """What happened; the log's word is the class name. Models are named by the ``seq`` of their ModelCreated."""

    def project(self, _recorded: Recorded) -> Changes:
        """Yield the row changes that the event makes; none where the entry itself is all there is."""
        yield from ()

    def effects(self, _name: str) -> Iterator[Effect]:
        """Yield what was before and what is now, of a model called so, as far as the event itself tells."""
        yield from ()

    def judgement(self) -> tuple[tuple[RuleResult, ...], str | None]:
        """Return what the rules of the policy found, and the digest of the plan that they make."""
        return (), None


class End(LogValue, frozen=True):
    """A tenure that an event ends, named by its stage, the entry that opened it, and its version."""

    stage: str
    tenure: Ordinal
    version: Ordinal


class AlreadySo(Struct, frozen=True):
    """The command would change nothing. ``why`` completes "nothing to do: …".

    ``version`` is the one that `register` found; other verbs find the one that their subject names.
    """

    why: str
    version: int | None = None


Decision: TypeAlias = tuple[Event, ...] | AlreadySo

#: The hint of every refusal that is about a deleted version.
STAYS_DELETED = "a deleted version stays deleted; the same bytes registered again get a number of their own"


class Proposal(Struct, frozen=True):
    """An intent that may become an entry: the state it meets, what was observed, and the entry's time and ``seq``.

    ``details`` and ``documents`` are what the intent names.
    """

    state: State
    intent: Intent
    observed: Observed
    time: str
    seq: int
    details: Details | None = None
    documents: Mapping[str, bytes] = field(default_factory=dict)

    def document(self, digest: str, what: str) -> bytes:
        """Return the bytes of a document that the intent names; a missing one raises ``Damaged``."""
        data = self.documents.get(digest)
        if data is None:
            message = f"the {what} {digest} is not among the documents"
            raise Damaged(message)
        return data

    def says(self, name: str) -> bool:
        """Tell whether the details have a field that is not blank; a line that was redacted may have been it."""
        lines = () if self.details is None else self.details.lines
        return any(getattr(line, "field", name) == name and getattr(line, "value", "?").strip() for line in lines)

    def subject(self) -> Subject:
        """Return what the intent is about."""
        if self.intent.subject is None:
            message = f"{self.intent.kind} needs something to be about"
            raise UsageError(message)
        return self.intent.subject

    def model(self) -> Model:
        """Return the model that the intent is about; one that was deleted raises ``Conflict``."""
        model = self.known_model()
        if model.deleted:
            message = f"the model {model.name} was deleted"
            raise Conflict(message, "modelkeep list")
        return model

    def known_model(self) -> Model:
        """Return the model that the intent is about, deleted or not; it bears or bore the name that the intent gives."""
        subject = self.subject()
        model = None if subject.model is None else self.state.model(subject.model)
        if model is None:
            message = f"there is no model {subject.name}"
            raise NotFound(message, "modelkeep list")
        if model.name != subject.name:
            bearer = self.state.model_named(subject.name)  # it may have been renamed since the intent was drafted
            if bearer is None or bearer.seq != model.seq:
                message = f"the model {model.name} never was called {subject.name}"
                raise Conflict(message)
        return model

    def model_and_version(self) -> tuple[Model, Version]:
        """Return the model and the version that the intent is about; a deleted one raises ``Conflict``."""
        model = self.model()
        version = self.known_version(model)
        if version.deleted:
            message = f"{model.ref(version.number)} was deleted"
            raise Conflict(message, STAYS_DELETED)
        return model, version

    def model_or_version(self) -> tuple[Model, int | None]:
        """Return the model and the version's number, None where the intent is about the model itself."""
        if self.subject().version is None:
            return self.model(), None
        model, version = self.model_and_version()
        return model, version.number

    def known_version(self, model: Model) -> Version:
        """Return the version that the intent is about, deleted or not; it must have the digest that the intent names."""
        subject = self.subject()
        if subject.version is None:
            message = f"{self.intent.kind} needs a version of {model.name}"
            raise UsageError(message, f"modelkeep list {quote(model.name)}")
        version = self.version_of(model, subject.version)
        if version.digest != subject.digest:
            message = f"{model.ref(version.number)} is not the version with the digest {subject.digest}"
            raise Conflict(message)
        return version

    def version_of(self, model: Model, number: int) -> Version:
        """Return a version of a model."""
        version = self.state.version(model.seq, number)
        if version is None:
            message = f"{model.name} has no version {number}"
            hint = f"modelkeep list {quote(model.name)}        (newest is {model.newest})"
            raise NotFound(message, hint)
        return version

    def stage(self) -> StageDef:
        """Return the stage that the intent names."""
        name = self.subject().stage
        stages = self.state.stages()
        for stage in stages:
            if stage.name == name:
                return stage
        message = f"there is no stage {name!r}"
        raise NotFound(message, "stages are " + ", ".join(stage.name for stage in stages))

    def check_expected(self, holder: int | None, what: str) -> None:
        """Raise ``Conflict`` where the intent expects another holder; ``what`` begins the message."""
        expect = self.intent.expect
        if expect is not None and expect.holder != (holder or 0):
            message = f"{what} is {holder or 'none'}, not {expect.holder or 'none'} as expected"
            subject = self.subject()
            raise Conflict(message, None if subject.model is None else f"modelkeep show {quote(subject.name)}")

    def check_present(self, name: str, version: Version) -> None:
        """Raise ``IntegrityError`` where the writer saw that bytes of the version are missing."""
        if version.digest in self.observed.absent:
            message = f"bytes of {name} are missing from the store"
            raise IntegrityError(message, f"modelkeep verify {quote(name)}")


def permission_of_stage(verb: str, subject: Subject | None) -> str:
    """Return the permission of a verb for the stage that an intent names: ``promote:production``."""
    return f"{verb}:{'' if subject is None else subject.stage or ''}"


def retirements(ends: Iterable[End]) -> tuple[str, ...]:
    """Return the permissions to empty the stages of tenures that end: ``retire:production``."""
    return tuple(dict.fromkeys(f"retire:{end.stage}" for end in ends))


def check_reserved(*arguments: object) -> None:
    """Raise ``Conflict`` for an argument that the log has a field for and that no rule here supports yet."""
    if any(arguments):
        message = "the intent names what this log has no rules for yet"
        raise Conflict(message)


def check_once(what: str, names: Sequence[str]) -> None:
    """Raise ``UsageError`` where an intent names something twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            message = f"the {what} {name} is given twice"
            raise UsageError(message)
        seen.add(name)


def ends_of(*tenures: Tenure | None) -> tuple[End, ...]:
    """Return the ends of the tenures that are there, each once."""
    ends = (End(tenure.stage, tenure.seq, tenure.version) for tenure in tenures if tenure is not None)
    return tuple(dict.fromkeys(ends))


def ended_share(stage: str, ends: tuple[End, ...], name: str, now: str = NONE) -> Effect:
    """Return the effect on a share of a stage: what ended, and what there is now."""
    return Effect(f"share of {stage}", first_ended(ends, name), now)


def first_ended(ends: tuple[End, ...], name: str) -> str:
    """Return the version whose tenure ended first, of a model called so."""
    return f"{name}@{ends[0].version}" if ends else NONE


def ends_with_shares(state: State, *tenures: Tenure) -> tuple[End, ...]:
    """Return the ends of tenures; where a holder goes and none comes, the shares beside it end as well."""
    beside = (each for one in tenures if one.share is None for each in state.shares(one.model, one.stage))
    return ends_of(*tenures, *beside)
