"""What can happen: past tense, naming model, version and stage, and nothing the intent says already.

A model is named by the ``seq`` of the entry that created it, a tenure by the ``seq`` of the entry
that opened it. The field names and class names are those of the log and are for ever.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from modelkeep.domain import records
from modelkeep.domain.canonical import Json
from modelkeep.errors import Damaged


class End(Struct, frozen=True):
    """A tenure that an event ends."""

    tenure: int
    version: int


class Finding(Struct, frozen=True):
    """What a rule of the policy found."""

    bound: str
    passed: bool
    rule: str
    value: str


class PassedOver(Struct, frozen=True):
    """A former holder that a rollback did not go back to, and why."""

    version: int
    why: str


class RegistryCreated(Struct, frozen=True):
    """The first event of every registry."""


class ModelCreated(Struct, frozen=True):
    """A model got its first version."""

    model: int


class ModelRenamed(Struct, frozen=True):
    """A model bears another name from now on."""

    model: int


class VersionRegistered(Struct, frozen=True):
    """A version exists."""

    label: str | None
    model: int
    version: int


class MetricsRecorded(Struct, frozen=True):
    """Metrics were added to a version."""

    model: int
    version: int


class VersionPromoted(Struct, frozen=True):
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


class StageRolledBack(Struct, frozen=True):
    """A stage went back to a former holder."""

    came_from: int | None
    ends: tuple[End, ...]
    from_: int
    model: int
    passed_over: tuple[PassedOver, ...]
    rule: str | None
    stage: str
    to: int


class StageRetired(Struct, frozen=True):
    """A stage was emptied."""

    ends: tuple[End, ...]
    model: int
    stage: str


class VersionMarked(Struct, frozen=True):
    """A version is ``bad``, or ``good`` again."""

    mark: str
    model: int
    version: int


class VersionArchived(Struct, frozen=True):
    """The versions from ``first`` to ``last`` are out of the pipeline."""

    ends: tuple[End, ...]
    first: int
    last: int
    model: int


class VersionRestored(Struct, frozen=True):
    """The versions from ``first`` to ``last`` are archived no more.

    Ranges that reach beyond them end too; ``keeps`` are the parts of those that stay archived.
    """

    first: int
    keeps: tuple[tuple[int, int], ...]
    last: int
    model: int


class VersionDeleted(Struct, frozen=True):
    """A version is gone for good: its number stays taken, and its bytes may go."""

    ends: tuple[End, ...]
    model: int
    version: int


class AliasSet(Struct, frozen=True):
    """An alias points at a version."""

    alias: str
    model: int
    version: int


class AliasRemoved(Struct, frozen=True):
    """An alias points at nothing any more."""

    alias: str
    model: int


class Tagged(Struct, frozen=True):
    """The tags of a version (null: of the model) changed."""

    model: int
    version: int | None


class Described(Struct, frozen=True):
    """The description of a version (null: of the model) changed."""

    model: int
    version: int | None


class NoteAdded(Struct, frozen=True):
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
