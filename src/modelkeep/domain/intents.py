"""What can be asked of a registry: one kind of arguments a verb, and the intent around them.

An intent is complete before any lock is taken, so that it can be signed by a hand that takes its
time. The fields are those of the log's format and are for ever.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from modelkeep.domain import canonical, records
from modelkeep.domain.stages import StageDef
from modelkeep.errors import Damaged

FORMAT = "modelkeep intent 1"


class Init(Struct, frozen=True):
    """Create a registry with these stages."""

    stages: tuple[StageDef, ...]


class Code(Struct, frozen=True):
    """The commit a version was made from; ``diff`` is the digest of what was not committed."""

    commit: str | None
    diff: str | None
    dirty: bool | None


class Data(Struct, frozen=True):
    """A dataset by what identifies it; where it lies is in the details."""

    digest: str | None
    name: str
    role: str | None
    version: str | None


class Parent(Struct, frozen=True):
    """A version something was made from; all null when it is only an address in the details."""

    digest: str | None
    model: int | None
    version: int | None


class Trained(Struct, frozen=True):
    """When it was trained; ``guessed`` when ``ended`` is only the newest time of its files."""

    ended: str | None
    guessed: bool
    seeds: tuple[str, ...]
    started: str | None


class Register(Struct, frozen=True):
    """Make the next version of a model; metrics are pairs of name and exact text."""

    aliases: tuple[str, ...]
    attachments: tuple[str, ...]
    bump: str | None
    ci: str | None
    code: Code | None
    data: tuple[Data, ...]
    environment: str | None
    form: str
    if_exists: str
    inspected: str | None
    interface: str | None
    label: str | None
    licence: str | None
    metrics: tuple[tuple[str, str], ...]
    metrics_on: Data | None
    number: int | None
    parents: tuple[Parent, ...]
    runs: tuple[str, ...]
    share: int | None
    symlinks: bool
    trained: Trained


class Evaluate(Struct, frozen=True):
    """Record metrics that came later."""

    metrics: tuple[tuple[str, str], ...]
    metrics_on: Data | None
    runs: tuple[str, ...]


class Promote(Struct, frozen=True):
    """Give a version a stage."""

    break_glass: bool
    force: bool
    request: int | None
    share: int | None


class Rollback(Struct, frozen=True):
    """Go back to ``to``, from ``subject.version``.

    ``confirmed`` is null when the version to leave was named, else whether somebody answered the
    question that a second bare rollback within 15 minutes asks.
    """

    because: int | None
    confirmed: bool | None
    keep_good: bool
    to: int


class Retire(Struct, frozen=True):
    """Empty a stage."""


class Mark(Struct, frozen=True):
    """Set or lift the mark ``bad``: ``mark`` is ``bad`` or ``good``."""

    mark: str


class Archive(Struct, frozen=True):
    """Take a version (or ``all`` of a model) out of the pipeline, or ``undo`` that."""

    all: bool
    undo: bool


class Delete(Struct, frozen=True):
    """Delete a version; ``force`` where it holds or ever held a protected stage."""

    force: bool


class Alias(Struct, frozen=True):
    """Point aliases at a version, and take others off the model."""

    add: tuple[str, ...]
    remove: tuple[str, ...]


class Tag(Struct, frozen=True):
    """Set the tags in the details; ``remove`` names set ones by the digests of their lines."""

    remove: tuple[str, ...]


class Describe(Struct, frozen=True):
    """Set the description in the details."""


class Note(Struct, frozen=True):
    """Add the note in the details."""


class Rename(Struct, frozen=True):
    """Give a model another name."""

    to: str


class Migrate(Struct, frozen=True):
    """Raise the log's format."""

    format: int
    root: str | None
    schema: int


Arguments: TypeAlias = (
    Init
    | Register
    | Evaluate
    | Promote
    | Rollback
    | Retire
    | Mark
    | Archive
    | Delete
    | Alias
    | Tag
    | Describe
    | Note
    | Rename
    | Migrate
)

#: The word of the log for each kind, in the order of the format's own list.
KINDS: dict[str, type[Arguments]] = {
    "init": Init,
    "register": Register,
    "evaluate": Evaluate,
    "promote": Promote,
    "rollback": Rollback,
    "retire": Retire,
    "mark": Mark,
    "archive": Archive,
    "delete": Delete,
    "alias": Alias,
    "tag": Tag,
    "describe": Describe,
    "note": Note,
    "rename": Rename,
    "migrate": Migrate,
}
_WORDS: dict[type, str] = {kind: word for word, kind in KINDS.items()}


class Subject(Struct, frozen=True):
    """What an intent is about: references are resolved, a digest stands for each version."""

    digest: str | None
    model: int | None
    name: str
    stage: str | None
    version: int | None


class Expect(Struct, frozen=True):
    """Who must hold the stage (or alias) for the intent to happen; null is nobody."""

    holder: int | None


class Seen(Struct, frozen=True):
    """The head of the log that the author knew."""

    hash: str
    seq: int


class CiIdentity(Struct, frozen=True):
    """Who a CI system says its job is."""

    issuer: str
    subject: str


class Actor(Struct, frozen=True):
    """Who the author says to be; what the machine says is observed."""

    ci: CiIdentity | None
    key: str | None
    person: str | None


NOBODY = Actor(ci=None, key=None, person=None)


class Origin(Struct, frozen=True):
    """Where an imported fact comes from."""

    entry: str | None
    evidence: str | None
    registry: str | None
    system: str
    time: str | None


class Intent(Struct, frozen=True):
    """What somebody asked for, before it is known whether and how it happens."""

    registry: str
    id: str
    arguments: Arguments
    subject: Subject | None
    expect: Expect | None
    details: str | None
    seen: Seen | None
    not_after: str | None
    actor: Actor
    origin: Origin | None
    time: str

    @property
    def kind(self) -> str:
        """The verb, as the log writes it."""
        return _WORDS[type(self.arguments)]

    def to_json(self) -> canonical.Json:
        """Return the object that stands in the entry."""
        return {
            "actor": records.to_json(self.actor),
            "arguments": records.to_json(self.arguments),
            "details": self.details,
            "expect": records.to_json(self.expect),
            "format": FORMAT,
            "id": self.id,
            "kind": self.kind,
            "not_after": self.not_after,
            "origin": records.to_json(self.origin),
            "registry": self.registry,
            "seen": records.to_json(self.seen),
            "subject": records.to_json(self.subject),
            "time": self.time,
        }

    def to_bytes(self) -> bytes:
        """Return the canonical bytes, which are what a signature is made over."""
        return canonical.encode(self.to_json())

    @staticmethod
    def from_json(json: object) -> Intent:
        """Read an intent strictly; an unknown field or kind is ``Damaged``."""
        if not isinstance(json, dict) or json.get("format") != FORMAT:
            message = "intent: not a modelkeep intent 1"
            raise Damaged(message)
        kind = KINDS.get(str(json.get("kind")))
        if kind is None:
            message = f"intent: unknown kind {json.get('kind')!r}"
            raise Damaged(message)
        frame = records.from_json(_Frame, json, "intent", ("arguments", "format", "kind"))
        arguments = records.from_json(kind, json["arguments"], f"intent.arguments of {json['kind']}")
        return Intent(
            registry=frame.registry,
            id=frame.id,
            arguments=arguments,
            subject=frame.subject,
            expect=frame.expect,
            details=frame.details,
            seen=frame.seen,
            not_after=frame.not_after,
            actor=frame.actor,
            origin=frame.origin,
            time=frame.time,
        )


class _Frame(Struct, frozen=True):
    registry: str
    id: str
    subject: Subject | None
    expect: Expect | None
    details: str | None
    seen: Seen | None
    not_after: str | None
    actor: Actor
    origin: Origin | None
    time: str
