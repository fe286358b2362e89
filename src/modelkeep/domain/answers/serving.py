"""Answers about versions in use: which one serves a key, where each runs, and what monitoring said of them."""

from __future__ import annotations

from modelkeep.domain.record import Answer


class SlotRange(Answer, frozen=True):
    """Slots that a version serves, from ``first`` to ``last``."""

    first: int
    last: int


class ServedPart(Answer, frozen=True):
    """A version in a stage: its share in percent, and the slots of its keys, which for the holder are the rest."""

    ref: str
    version: int
    share: float
    slots: tuple[SlotRange, ...]


class Pick(Answer, frozen=True):
    """The version that serves a key; ``slot`` is that of the key, from 0 to 9999."""

    key: str
    ref: str
    version: int
    slot: int


class Picks(Answer, frozen=True):
    """Which versions of a model serve keys in a stage, and all that another program needs to find that by itself.

    ``registry`` and ``model`` are the id of the registry and the number of the model that go into the hash of a key.
    """

    name: str
    stage: str
    registry: str
    model: int
    parts: tuple[ServedPart, ...]
    picks: tuple[Pick, ...]


class DeploymentRow(Answer, frozen=True):
    """A version that runs at a target, since when, and who recorded it; ``share`` is the recorded part of the traffic in percent.

    ``stage`` is the stage whose versions should run there, ``expected`` are the versions in it. ``drift`` says what is
    not as it should be, None where nothing is, and where no stage is known for the target.
    """

    ref: str
    name: str
    version: int
    target: str
    status: str
    share: float | None
    stage: str | None
    endpoint: str | None
    since: str
    seq: int
    actor: str
    expected: tuple[str, ...]
    drift: str | None


class SignalRow(Answer, frozen=True):
    """A value that monitoring measured of a version: over how many observations, in which window, and from where.

    ``item`` is what it left open for a person (``signal`` or ``canary``), ``closed`` the entry that acknowledged it.
    ``left`` are the stages that the version left by a rule of the policy, and ``marked_bad`` says that it was marked.
    """

    seq: int
    ref: str
    name: str
    version: int
    signal: str
    value: float | str
    count: int | None
    window_seconds: int | None
    source: str | None
    time: str
    actor: str
    item: str | None
    closed: int | None
    left: tuple[str, ...]
    marked_bad: bool

    @property
    def is_open(self) -> bool:
        """Whether a person has still to look at it."""
        return self.item is not None and self.closed is None
