"""What can happen: past tense, naming model, version and stage, and nothing the intent says already.

A model is named by the ``seq`` of the entry that created it, a tenure by the ``seq`` of the entry
that opened it. The field names and class names are those of the log and are for ever.
"""

from __future__ import annotations

from typing import TypeAlias

from modelkeep.domain import records
from modelkeep.domain.canonical import Json
from modelkeep.domain.quick import dataclass
from modelkeep.errors import Damaged


@dataclass(frozen=True, slots=True)
class End:
    """A tenure that an event ends."""

    tenure: int
    version: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule of the policy found."""

    bound: str
    passed: bool
    rule: str
    value: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A former holder that a rollback did not go back to, and why."""

    version: int
    why: str


@dataclass(frozen=True, slots=True)
class RegistryCreated:
    """The first event of every registry."""


@dataclass(frozen=True, slots=True)
class ModelCreated:
    """A model got its first version."""

    model: int


@dataclass(frozen=True, slots=True)
class ModelRenamed:
    """A model bears another name from now on."""

    model: int


@dataclass(frozen=True, slots=True)
class VersionRegistered:
    """A version exists."""

    label: str | None
    model: int
    version: int


@dataclass(frozen=True, slots=True)
class MetricsRecorded:
    """Metrics were added to a version."""

    model: int
    version: int


@dataclass(frozen=True, slots=True)
class VersionPromoted:
    """A version took a stage (``share`` null) or a share of it, in percent."""

    approvals: tuple[int, ...]
    came_from: int | None
    ends: tuple[End, ...]
    model: int
    rule: str | None
    share: int | None
    stage: str
    verdict: tuple[Finding, ...]
    version: int


@dataclass(frozen=True, slots=True)
class StageRolledBack:
    """A stage went back to a former holder."""

    came_from: int | None
    ends: tuple[End, ...]
    from_: int
    model: int
    passed_over: tuple[PassedOver, ...]
    rule: str | None
    stage: str
    to: int


@dataclass(frozen=True, slots=True)
class StageRetired:
    """A stage was emptied."""

    ends: tuple[End, ...]
    model: int
    stage: str


@dataclass(frozen=True, slots=True)
class VersionMarked:
    """A version is ``bad``, or ``good`` again."""

    mark: str
    model: int
    version: int


@dataclass(frozen=True, slots=True)
class VersionArchived:
    """The versions from ``first`` to ``last`` are out of the pipeline."""

    ends: tuple[End, ...]
    first: int
    last: int
    model: int


@dataclass(frozen=True, slots=True)
class VersionRestored:
    """The versions from ``first`` to ``last`` are archived no more.

    Ranges that reach beyond them end too; ``keeps`` are the parts of those that stay archived.
    """

    first: int
    keeps: tuple[tuple[int, int], ...]
    last: int
    model: int


@dataclass(frozen=True, slots=True)
class VersionDeleted:
    """A version is gone for good: its number stays taken, and its bytes may go."""

    ends: tuple[End, ...]
    model: int
    version: int


@dataclass(frozen=True, slots=True)
class AliasSet:
    """An alias points at a version."""

    alias: str
    model: int
    version: int


@dataclass(frozen=True, slots=True)
class AliasRemoved:
    """An alias points at nothing any more."""

    alias: str
    model: int


@dataclass(frozen=True, slots=True)
class Tagged:
    """The tags of a version (null: of the model) changed."""

    model: int
    version: int | None


@dataclass(frozen=True, slots=True)
class Described:
    """The description of a version (null: of the model) changed."""

    model: int
    version: int | None


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """A note was added to a version (null: to the model)."""

    model: int
    version: int | None


Event: TypeAlias = (
    RegistryCreated
    | ModelCreated
    | ModelRenamed
    | VersionRegistered
    | MetricsRecorded
    | VersionPromoted
    | StageRolledBack
    | StageRetired
    | VersionMarked
    | VersionArchived
    | VersionRestored
    | VersionDeleted
    | AliasSet
    | AliasRemoved
    | Tagged
    | Described
    | NoteAdded
)

KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RegistryCreated,
        ModelCreated,
        ModelRenamed,
        VersionRegistered,
        MetricsRecorded,
        VersionPromoted,
        StageRolledBack,
        StageRetired,
        VersionMarked,
        VersionArchived,
        VersionRestored,
        VersionDeleted,
        AliasSet,
        AliasRemoved,
        Tagged,
        Described,
        NoteAdded,
    )
}


def to_json(event: Event) -> Json:
    """Return the object that stands in the entry, with its kind."""
    fields = records.to_json(event)
    if not isinstance(fields, dict):
        raise TypeError(type(event))
    return {"kind": type(event).__name__, **fields}


def from_json(json: object) -> Event:
    """Read an event strictly; an unknown kind or field is ``Damaged``."""
    if not isinstance(json, dict):
        message = "event: not an object"
        raise Damaged(message)
    kind = KINDS.get(str(json.get("kind")))
    if kind is None:
        message = f"event: unknown kind {json.get('kind')!r}"
        raise Damaged(message)
    return records.from_json(kind, json, kind.__name__, ("kind",))
