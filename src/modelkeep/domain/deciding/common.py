"""What the deciding of every verb shares: the question, and the checks of subject and stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from modelkeep.domain.entry import Observed
from modelkeep.domain.events import End, Event
from modelkeep.domain.intents import Intent, Subject
from modelkeep.domain.stages import StageDef, check_alias
from modelkeep.domain.state import Model, State, Tenure, Version
from modelkeep.errors import Conflict, IntegrityError, NotFound, UsageError


class AlreadySo(Struct, frozen=True):
    """Nothing to do: what was asked for is so already. ``why`` completes "nothing to do: …"."""

    why: str
    version: int | None = None


#: What helps who wants a deleted version back.
STAYS_DELETED = "a deleted version stays deleted; the same bytes registered again get a number of their own"

Decision: TypeAlias = tuple[Event, ...] | AlreadySo


class Question(Struct, frozen=True):
    """Everything a verb decides on; ``seq`` is the number the entry would get."""

    state: State
    intent: Intent
    observed: Observed
    time: str
    seq: int

    def subject(self) -> Subject:
        """Return what the intent is about."""
        if self.intent.subject is None:
            message = f"{self.intent.kind} needs something to be about"
            raise UsageError(message)
        return self.intent.subject

    def model(self) -> Model:
        """Return the model that the intent is about."""
        subject = self.subject()
        model = None if subject.model is None else self.state.model(subject.model)
        if model is None:
            message = f"there is no model {subject.name}"
            raise NotFound(message, "modelkeep list")
        return model

    def version(self, model: Model) -> Version:
        """Return the version that the intent is about; one that was deleted raises ``Conflict``."""
        version = self.known_version(model)
        if version.deleted:
            message = f"{model.name}@{version.number} was deleted"
            raise Conflict(message, STAYS_DELETED)
        return version

    def known_version(self, model: Model) -> Version:
        """Return the version that the intent is about, deleted or not; its digest must be the one it names."""
        subject = self.subject()
        number = subject.version
        if number is None:
            message = f"{self.intent.kind} needs a version of {model.name}"
            raise UsageError(message, f"modelkeep list {model.name}")
        version = self.version_of(model, number)
        if version.digest != subject.digest:
            message = f"{model.name}@{number} is not the version with the digest {subject.digest}"
            raise Conflict(message)
        return version

    def version_of(self, model: Model, number: int) -> Version:
        """Return a version of a model."""
        version = self.state.version(model.seq, number)
        if version is None:
            message = f"{model.name} has no version {number}"
            hint = f"modelkeep list {model.name}        (newest is {model.newest})"
            raise NotFound(message, hint)
        return version

    def optional_version(self, model: Model) -> Version | None:
        """Return the version as `version` does, or None where the intent is about the model itself."""
        return None if self.subject().version is None else self.version(model)

    def stage(self) -> StageDef:
        """Return the stage that the intent names."""
        name = self.subject().stage
        stages = self.state.stages()
        for stage in stages:
            if stage.name == name:
                return stage
        message = f"there is no stage {name!r}"
        raise NotFound(message, "stages are " + ", ".join(stage.name for stage in stages))

    def check_alias(self, alias: str) -> None:
        """Raise ``UsageError`` where an alias may not be called so in this registry."""
        stages = self.state.stages()
        check_alias(alias, [stage.name for stage in stages], [word for stage in stages for word in stage.synonyms])

    def check_expected(self, holder: int | None, what: str) -> None:
        """Raise ``Conflict`` where ``--expect`` named another holder; ``what`` begins the message."""
        expect = self.intent.expect
        if expect is not None and expect.holder != holder:
            there, wanted = said(holder), said(expect.holder)
            message = f"{what} is {there}, not {wanted} as expected"
            subject = self.subject()
            raise Conflict(message, None if subject.model is None else f"modelkeep show {subject.name}")

    def check_present(self, model: Model, version: Version) -> None:
        """Raise ``IntegrityError`` where the writer saw that bytes of the version are missing."""
        if version.digest in self.observed.absent:
            name = f"{model.name}@{version.number}"
            message = f"bytes of {name} are missing from the store"
            raise IntegrityError(message, f"modelkeep verify {name}")


def once(what: str, names: Sequence[str]) -> None:
    """Raise ``UsageError`` where an intent names something twice: no tool of ours writes that."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            message = f"the {what} {name} is given twice"
            raise UsageError(message)
        seen.add(name)


def said(holder: int | None) -> str:
    """Return a holder as a person writes it."""
    return "none" if holder is None else str(holder)


def ends_of(*tenures: Tenure | None) -> tuple[End, ...]:
    """Return the ends of the tenures that are there."""
    return tuple(End(tenure.seq, tenure.version) for tenure in tenures if tenure is not None)
