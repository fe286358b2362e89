"""Models and versions as lists show them, and the tenures of stages."""

from __future__ import annotations

from modelkeep.domain.answers.changes import RuleFinding
from modelkeep.domain.json_values import Json
from modelkeep.domain.record import Answer


class AsOf(Answer, frozen=True):
    """The moment an answer is about: the last entry it includes, and the time asked for (or that entry's)."""

    seq: int
    time: str


class Evaluation(Answer, frozen=True):
    """A value of a metric: the data it was measured on, when it was recorded and by whom.

    ``value`` is a float that keeps its digits, NaN and infinities too; a text where no double is that value.
    """

    name: str
    value: float | str
    data: str | None
    since: str
    actor: str


class StageShare(Answer, frozen=True):
    """A stage that a version has a share of beside the holder, in percent."""

    stage: str
    share: float


class VersionRow(Answer, frozen=True, kw_only=True):
    """A line of `list`: a version, its state and what can be asked for as a column.

    ``stages`` are those that it holds, ``shares`` those that it has a part of.

    ``metrics`` has what each bare name means; a name that was measured on several data, and never without, is only in
    ``evaluations``. These are all values by name, newest first: the first of a name and data counts. ``break_glass`` are
    the stages that it holds because rules of the policy were waived, ``formats`` those of its files.
    """

    ref: str
    name: str
    version: int
    label: str | None
    state: str
    stages: tuple[str, ...]
    aliases: tuple[str, ...]
    bad: bool
    archived: bool
    created: str
    author: str
    digest: str
    size_bytes: int
    files: int
    metrics: dict[str, float | str]
    evaluations: tuple[Evaluation, ...]
    params: dict[str, Json]
    tags: dict[str, str]
    deleted: bool = False
    shares: tuple[StageShare, ...] = ()
    break_glass: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    description: str | None = None


class Share(Answer, frozen=True):
    """A version beside the holder of a stage, and how much of it in percent; ``waived`` as of a `Holder`."""

    version: int
    share: float
    waived: int = 0


class Holder(Answer, frozen=True):
    """The version that holds a stage of a model, since when, and who put it there.

    ``waived`` is how many rules of the policy were waived for it, by breaking the glass.
    """

    stage: str
    version: int
    label: str | None
    since: str
    actor: str
    shares: tuple[Share, ...] = ()
    waived: int = 0

    @property
    def versions(self) -> tuple[Holder | Share, ...]:
        """The holder, and the versions beside it."""
        return (self, *self.shares)


class InDevelopment(Answer, frozen=True):
    """The newest version of a model in development, and how many more there are."""

    version: int
    label: str | None
    since: str
    more: int


class AskedFor(Answer, frozen=True):
    """A stage that an open request asks for: the version, the entry of the request, and who made it when."""

    stage: str
    version: int
    request: int
    since: str
    actor: str


class ModelRow(Answer, frozen=True):
    """A line of `list`: a model and who holds its stages, highest stage first.

    ``versions`` counts those that were not deleted, ``newest`` is the highest of them (of all where none is left), and
    ``archived`` says that each was archived or deleted. ``requests`` are the open ones, oldest first.
    """

    name: str
    newest: int
    newest_label: str | None
    latest: int | None
    versions: int
    created: str
    archived: bool
    holders: tuple[Holder, ...]
    development: InDevelopment | None
    description: str | None = None
    requests: tuple[AskedFor, ...] = ()


class TenureChange(Answer, frozen=True):
    """How a tenure began or ended, by whom and for which reason.

    ``what`` is ``promoted``, ``registered`` or ``rolled_back`` of a beginning, and ``replaced``, ``rolled_back``,
    ``retired``, ``archived``, ``deleted`` or ``model_deleted`` of an end; of the end of a share also ``share_changed``
    and ``promoted``, which gave the version the whole stage. ``other`` is the version that held the stage
    just before, or holds it just after. A reason stands once: that of a promotion where a tenure began, that of a
    rollback where one ended; a rollback by a rule of the policy has its signal as the reason: ``signal errors 0.4``.
    """

    what: str
    actor: str
    reason: str | None
    other: str | None


class Tenure(Answer, frozen=True):
    """An interval in which a version held a stage, or a ``share`` of it in percent.

    ``until`` and ``ended`` are None while it lasts. ``rules`` are what the policy found when it began, ``waived`` how many of
    them breaking the glass waived; ``request`` is the entry that asked for it.
    """

    ref: str
    name: str
    version: int
    label: str | None
    stage: str
    since: str
    since_seq: int
    until: str | None
    until_seq: int | None
    began: TenureChange
    ended: TenureChange | None
    share: float | None = None
    request: int | None = None
    waived: int = 0
    rules: tuple[RuleFinding, ...] = ()


class Marked(Answer, frozen=True):
    """The mark ``bad`` of a version: since when, by whom and why; ``seq`` is its entry.

    A rollback marks the version that it leaves, for its own reason; one by a rule for its signal: ``signal errors 0.4``.
    """

    seq: int
    time: str
    actor: str
    reason: str | None


class Deletion(Answer, frozen=True):
    """The deletion of a version: its time, author and reason; ``seq`` is its entry."""

    seq: int
    time: str
    actor: str
    reason: str | None
