"""Answers about the log, the registry as a whole, and how versions relate: audit, status, identify, diff, lineage."""

from __future__ import annotations

from msgspec import field

from modelkeep.domain.answers.roles import PolicyRef
from modelkeep.domain.answers.versions import Holder
from modelkeep.domain.json_values import Json
from modelkeep.domain.record import Answer


class AuditEntry(Answer, frozen=True):
    """An entry of the log as a sentence; ``author`` is who made what was registered, ``entry`` its canonical JSON as text.

    ``login`` is who logged in, where that is another account than the actor: behind a ``sudo``.
    """

    seq: int
    time: str
    actor: str
    claimed: str | None
    author: str | None
    action: str
    subject: str | None
    sentence: str
    reason: str | None
    hash: str
    entry: str
    login: str | None = None


class OpenItem(Answer, frozen=True):
    """What entry ``seq`` left for a person to look at: ``item`` is ``break-glass``, ``signal`` or ``canary``."""

    seq: int
    item: str
    ref: str
    time: str
    actor: str


class Status(Answer, frozen=True):
    """The registry at a glance; ``production`` are the holders of the last stage, ``last`` the newest entries.

    ``versions`` and ``size_bytes`` are of those that were not deleted, ``deleted`` counts the others;
    ``models`` leaves out those whose versions were all deleted. ``size_bytes`` is None where too many files would be added up.
    ``backup_of`` is the directory that this one is a backup of, None where it is none. ``policy`` is the one in force.
    ``open_items`` counts what a person must acknowledge, ``items`` are the oldest of them; ``open_requests`` counts the
    promotions that were asked for.
    """

    registry: str
    origin: str
    id: str
    models: int
    versions: int
    entries: int
    size_bytes: int | None
    head_hash: str
    production_stage: str
    production: dict[str, Holder]
    last: tuple[AuditEntry, ...]
    deleted: int = 0
    backup_of: str | None = None
    policy: PolicyRef | None = None
    open_items: int = 0
    open_requests: int = 0
    items: tuple[OpenItem, ...] = ()


class Identity(Answer, frozen=True):
    """The author that an entry written now would name: the account of the machine, and the claimed name.

    ``login`` is the uid that logged in, where it is another one: behind a ``sudo``. ``person`` is whose account the
    policy says it is, where that is another name. ``groups`` are those of the account that bear a role. ``roles`` are
    those that it bears, ``may`` what they allow; where no policy has roles (``by_roles`` is False), that is everything.
    """

    user: str
    uid: int | None
    user_namespace: bool
    claimed: str | None
    host: str = field(default="")
    login: int | None = None
    login_user: str | None = None
    person: str | None = None
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    by_roles: bool = False


class Identified(Answer, frozen=True):
    """Where some bytes are known from: a version (and the file inside it), and one of its tenures.

    ``state`` is that of the version; of one that is active now it is ``superseded`` in the row of a tenure that is over.
    ``share`` is the part of the stage in percent, None for all of it; ``runs_at`` are the targets where it runs now.
    """

    ref: str
    stage: str | None
    since: str | None
    until: str | None
    state: str
    file: str | None
    digest: str
    share: float | None = None
    runs_at: tuple[str, ...] = ()


class DiffRow(Answer, frozen=True):
    """One difference: the section, the key in it, and the value on each side (None: not there, or null itself).

    ``nulls`` are the places of the sides, from 0, whose value is null itself.
    ``differences`` say how much more than the first each other side is, where both are numbers, ``changes`` which part of
    the first that is (0.01: 1 % more); empty where none are. ``better`` is ``higher`` or ``lower`` of a metric that is known
    to be better so, ``verdicts`` what each other side is then: ``better``, ``worse`` or ``same``.
    """

    section: str
    key: str
    values: tuple[Json, ...]
    differences: tuple[float | str | None, ...] = ()
    nulls: tuple[int, ...] = ()
    changes: tuple[float | None, ...] = ()
    better: str | None = None
    verdicts: tuple[str | None, ...] = ()


class Diff(Answer, frozen=True):
    """Versions side by side; ``rows`` are only what differs.

    ``commits`` is the range of commits from the code of the first to that of the last, as git writes it, where both are
    known and differ.
    """

    refs: tuple[str, ...]
    same: bool
    rows: tuple[DiffRow, ...]
    commits: str | None = None


class LineageNode(Answer, frozen=True):
    """A node of the lineage: ``kind`` is version, data, code, run, environment, deployment or uri.

    ``time`` is when a version was registered or a dataset recorded.
    """

    id: str
    kind: str
    state: str | None = None
    stages: tuple[str, ...] = ()
    time: str | None = None


class LineageEdge(Answer, frozen=True):
    """``source`` went into ``target``; ``relation`` says how: see `modelkeep.domain.relations`."""

    source: str
    target: str
    relation: str


class Lineage(Answer, frozen=True):
    """The nodes above and below a node, each once; edges run from cause to result.

    ``complete`` is False where there are more nodes than were followed. ``registry`` is the id of the registry.
    """

    root: str
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
    complete: bool = True
    registry: str = ""
