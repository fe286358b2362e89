"""What `decide` may ask of a registry: `State`, and the small values that it returns.

`State` is a protocol: the ledger answers it from the tables, on the writer's own connection, and a test from a
dictionary. Each question costs the same for ten versions or a hundred thousand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

from modelkeep.domain.governed_state import GovernedState

if TYPE_CHECKING:
    from modelkeep.domain.shares import Slots
    from modelkeep.domain.stages import StageDef
    from modelkeep.domain.verbs.evaluate import Data


class Head(Struct, frozen=True):
    """The newest entry of a log, all that a client remembers of it: its number, hash and time."""

    seq: int
    hash: str
    time: str

    def compare(self, end: Head | None, hash_there: str | None) -> Literal["continues", "behind", "different"]:
        """Say whether a log still goes on from this head, which was seen of it before.

        ``end`` is the last entry of the log, None where it has none; ``hash_there`` the hash of its entry with the
        number of this head. ``behind``: it ends before. ``different``: it has another entry there.
        """
        if hash_there == self.hash:
            return "continues"
        return "behind" if end is None or end.seq < self.seq else "different"


class Model(Struct, frozen=True):
    """A model: the ``seq`` that created it, its last name, the newest number given (0: none)."""

    seq: int
    name: str
    newest: int
    deleted: bool = False

    def ref(self, number: int) -> str:
        """Return the name of a version of it: ``fraud@3``."""
        return f"{self.name}@{number}"


class Version(Struct, frozen=True):
    """What `decide` needs of a version."""

    model: int
    number: int
    digest: str
    label: str | None
    bad: bool
    archived: bool
    deleted: bool = False
    form: str = "file"


class Tenure(Struct, frozen=True):
    """An interval in which a version held a stage (``share`` null) or a share of it: the ``slots``."""

    seq: int
    model: int
    stage: str
    version: int
    share: int | None
    came_from: int | None
    until: int | None
    slots: Slots = ()


class DatasetRecord(Struct, frozen=True):
    """A version of a dataset, recorded by entry ``seq``; ``parents`` are name, version and digest of each."""

    seq: int
    digest: str | None
    checksum: str | None
    rows: int | None
    schema: str | None
    parents: tuple[tuple[str, str | None, str | None], ...]


class State(GovernedState, Protocol):
    """The state of a registry after some entry."""

    def head(self) -> Head | None:
        """Return the newest entry, None before the first."""

    def registry_id(self) -> str | None:
        """Return the registry's id, None before the first entry."""

    def hash_at(self, seq: int) -> str | None:
        """Return the hash of an entry."""

    def has_intent(self, intent_id: str) -> bool:
        """Tell whether an entry bears this intent."""

    def imported(self, system: str, registry: str, entry: str) -> str | None:
        """Return the digest of what a fact of another registry said when it was imported, None where it was not."""

    def stages(self) -> tuple[StageDef, ...]:
        """Return the stages, lowest first."""

    def model_named(self, name: str) -> Model | None:
        """Return the newest model that bears or ever bore a name (without case), deleted or not."""

    def model(self, seq: int) -> Model | None:
        """Return a model."""

    def version(self, model: int, number: int) -> Version | None:
        """Return a version."""

    def version_labelled(self, model: int, key: str) -> int | None:
        """Return the number of the version that bears a label with this key."""

    def highest_label(self, model: int) -> str | None:
        """Return the label of a model that `label_sort_key` sorts last; deleted versions count."""

    def version_with_digest(self, model: int, digest: str) -> int | None:
        """Return the newest undeleted version of a model with these bytes."""

    def holder(self, model: int, stage: str) -> Tenure | None:
        """Return the tenure that holds a stage now, canary shares not counted."""

    def last_holder(self, model: int, stage: str) -> Tenure | None:
        """Return the newest tenure of a stage, ended or not, canary shares not counted."""

    def shares(self, model: int, stage: str) -> tuple[Tenure, ...]:
        """Return the tenures of versions that have a share of a stage now, by version."""

    def stages_held(self, model: int, version: int) -> tuple[str, ...]:
        """Return the stages that a version holds or ever held, shares of them too."""

    def latest_tenure(self, model: int, stage: str, version: int) -> Tenure | None:
        """Return the newest tenure of one version in a stage, canary shares not counted."""

    def tenure(self, model: int, stage: str, seq: int) -> Tenure | None:
        """Return the tenure that an entry opened in a stage."""

    def open_tenures(self, model: int, first: int, last: int) -> tuple[Tenure, ...]:
        """Return the tenures, shares too, that versions from ``first`` to ``last`` hold now."""

    def was_left(self, model: int, stage: str, version: int) -> bool:
        """Tell whether a rollback of the stage left this version since its last promotion there."""

    def last_rollback(self, model: int, stage: str) -> str | None:
        """Return the time of the newest rollback of a stage."""

    def archived_ranges(self, model: int, first: int, last: int) -> tuple[tuple[int, int], ...]:
        """Return the archived ranges of numbers that touch ``first`` to ``last``."""

    def all_archived(self, model: int) -> bool:
        """Tell whether each version of a model is archived or deleted."""

    def alias(self, model: int, name: str) -> int | None:
        """Return the version an alias points at."""

    def aliases_of(self, model: int, version: int) -> tuple[str, ...]:
        """Return the aliases that point at a version, by name."""

    def has_tag_line(self, model: int, version: int | None, line: str) -> bool:
        """Tell whether the tag set by this line of details is still set."""

    def newest_metric(self, model: int, version: int, name: str, on: Data | None) -> str | None:
        """Return the newest value of a metric on that data."""

    def has_run(self, model: int, version: int, run: str) -> bool:
        """Tell whether a version names this run."""

    def fact(self, model: int, version: int, kind: str, name: str) -> str | None:
        """Return the newest value of a fact of a version, as its ``licence``."""

    def document(self, digest: str) -> bytes | None:
        """Return the bytes of a document of the log, None where there is none."""

    def dataset(self, name: str, version: str) -> DatasetRecord | None:
        """Return a version of a dataset that was recorded for itself."""


#: The states of a version; the first that applies is its state, and ``development`` where none of the others does.
STATES = ("deleted", "archived", "bad", "active", "superseded", "development")


def state_of(*, archived: bool, bad: bool, active: bool, held: bool, deleted: bool = False) -> str:
    """Return the state of a version: the first of `STATES` that applies.

    ``active`` says that it holds a stage, ``held`` that it ever held one.
    """
    applies = (deleted, archived, bad, active, held, True)
    return next(word for word, here in zip(STATES, applies, strict=True) if here)
