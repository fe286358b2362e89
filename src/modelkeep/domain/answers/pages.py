"""The pages of `show`: all that is known of a version or of a model."""

from __future__ import annotations

from msgspec import field

from modelkeep.domain.answers.approvals import RequestRow
from modelkeep.domain.answers.checks import CheckRow
from modelkeep.domain.answers.inspections import Inspection, Signature
from modelkeep.domain.answers.origin import AttachmentRow, CiFacts, EnvironmentFacts
from modelkeep.domain.answers.roles import StageAuthority
from modelkeep.domain.answers.serving import DeploymentRow
from modelkeep.domain.answers.versions import Deletion, Marked, ModelRow, Tenure, VersionRow
from modelkeep.domain.record import Answer


class Dataset(Answer, frozen=True):
    """Data a version was made from, as a node of the lineage (``data:NAME@VERSION``) and where it lay."""

    node: str
    role: str | None
    name: str
    version: str | None
    digest: str | None
    location: str | None


class CodeState(Answer, frozen=True):
    """The code a version was made from; ``remote`` and ``branch`` are those of git, ``work_tree`` the directory."""

    commit: str | None
    dirty: bool | None
    diff: str | None
    remote: str | None
    branch: str | None
    work_tree: str | None = None


class ParentRef(Answer, frozen=True):
    """A parent of a version: a version of this registry (``ref``) or an address elsewhere; ``derived_by``: ``quantize``."""

    ref: str | None
    location: str | None
    derived_by: str | None = None


class RunRef(Answer, frozen=True):
    """A run of a tracker by its id, and its address where one was given."""

    id: str
    location: str | None


class Training(Answer, frozen=True):
    """When it was trained; ``guessed`` when ``ended`` is only the newest time of its files."""

    started: str | None
    ended: str | None
    guessed: bool
    seeds: tuple[str, ...] = ()


class NoteText(Answer, frozen=True):
    """A note, its author and its time."""

    time: str
    actor: str
    text: str


class FileRow(Answer, frozen=True):
    """A file of an artifact."""

    path: str
    size_bytes: int
    digest: str


class Version(VersionRow, frozen=True, kw_only=True):
    """All that is known of a version: its line of `list`, and more.

    ``missing`` are the words for what is not known of it: ``data``, ``code``, ``clean-code``, ``environment``, ``metrics``,
    ``licence``.
    """

    form: str
    symlinks: bool
    licence: str | None
    seq: int
    actor: str
    claimed: str | None
    host: str | None
    source: tuple[str, ...]
    reason: str | None
    data: tuple[Dataset, ...]
    code: CodeState
    parents: tuple[ParentRef, ...]
    children: tuple[str, ...]
    runs: tuple[RunRef, ...]
    trained: Training
    notes: tuple[NoteText, ...]
    tenures: tuple[Tenure, ...]
    contents: tuple[FileRow, ...] = ()
    deletion: Deletion | None = None
    deployments: tuple[DeploymentRow, ...] = ()
    requests: tuple[RequestRow, ...] = ()
    checks: tuple[CheckRow, ...] = ()
    inspection: Inspection | None = None
    signature: Signature | None = None
    environment: EnvironmentFacts | None = None
    ci: CiFacts | None = None
    attachments: tuple[AttachmentRow, ...] = ()
    missing: tuple[str, ...] = ()
    marked: Marked | None = None


class Model(ModelRow, frozen=True, kw_only=True):
    """A model's page: its line of `list`, what it is, its aliases and newest versions.

    ``authority`` says who may do what to each stage, highest stage first; empty where no roles say so.
    ``meanings`` is what the policy says that stages mean, by stage.
    """

    former_names: tuple[str, ...]
    actor: str
    tags: dict[str, str]
    aliases: dict[str, int]
    recent: tuple[VersionRow, ...]
    notes: tuple[NoteText, ...]
    authority: tuple[StageAuthority, ...] = ()
    meanings: dict[str, str] = field(default_factory=dict)
