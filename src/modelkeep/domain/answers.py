"""What a registry answers: plain frozen values that would survive a pipe.

Times are the log's own text (RFC 3339, UTC), sizes are bytes, digests are full, and a version is
named ``NAME@NUMBER``. ``records.to_json`` makes the JSON documents of the command line from them, so
fields are only ever added.
"""

from __future__ import annotations

from modelkeep.domain.quick import dataclass, field


@dataclass(frozen=True, slots=True)
class AsOf:
    """The moment an answer is about: the last entry it includes, and the time asked for (or that entry's)."""

    seq: int
    time: str


# What changes answer


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that changed: ``production: fraud@3 -> fraud@4``; ``none`` where there was nothing."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a use case did; ``changed`` is False where it was so already (``why`` says how).

    ``ref`` is the version it is about, None for a model as a whole; ``seq`` the entry it left.
    """

    action: str
    name: str
    ref: str | None
    changed: bool
    seq: int | None
    effects: tuple[Effect, ...] = ()
    why: str | None = None
    dry_run: bool = False
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A metric of a new version beside production's; ``difference`` where both are numbers."""

    metric: str
    value: str
    against: str | None
    other: str | None
    difference: str | None


@dataclass(frozen=True, slots=True)
class Registered(Change):
    """What `register` did, and what it found out by itself."""

    version: int = 0
    label: str | None = None
    digest: str = ""
    size_bytes: int = 0
    files: int = 0
    verdict: tuple[Verdict, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """A former holder that a rollback passed over, and why."""

    ref: str
    why: str


@dataclass(frozen=True, slots=True)
class RolledBack(Change):
    """What `rollback` did: where it came from, where it went, whom it passed over."""

    stage: str = ""
    left: str | None = None
    to: str | None = None
    marked_bad: bool = False
    passed_over: tuple[Passed, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What `get` wrote, and where; unchanged where the same bytes were there."""

    ref: str
    digest: str
    path: str
    changed: bool
    files: int
    size_bytes: int


# What reads answer


@dataclass(frozen=True, slots=True)
class Held:
    """A stage that a version holds, since when, by whose hand; ``share`` in percent for a canary."""

    stage: str
    since: str
    actor: str
    share: int | None = None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A line of `list`: a version, its state and what can be asked for as a column."""

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
    metrics: tuple[tuple[str, str], ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A version beside the holder of a stage, and how much of it in percent."""

    version: int
    share: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a stage of a model, since when, by whose hand."""

    stage: str
    version: int
    label: str | None
    since: str
    actor: str
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class InDevelopment:
    """The newest version of a model in development, and how many more there are."""

    version: int
    label: str | None
    since: str
    more: int


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A line of `list`: a model and who holds its stages, highest stage first.

    ``versions`` counts those that were not deleted, ``newest`` is the highest of them (of all where none is
    left), and ``archived`` says that none is in the pipeline any more: each was archived or deleted.
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


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's newest value as exact text, the data it was measured on, when it was recorded."""

    name: str
    value: str
    on: str | None
    recorded: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data a version was made from, as a node of the lineage (``data:NAME@VERSION``) and where it lay."""

    node: str
    role: str | None
    name: str
    version: str | None
    digest: str | None
    location: str | None


@dataclass(frozen=True, slots=True)
class CodeState:
    """The code a version was made from; ``remote`` and ``branch`` as git told them."""

    commit: str | None
    dirty: bool | None
    diff: str | None
    remote: str | None
    branch: str | None


@dataclass(frozen=True, slots=True)
class ParentRef:
    """What a version was made from: a version here (``ref``) or an address elsewhere."""

    ref: str | None
    location: str | None


@dataclass(frozen=True, slots=True)
class RunRef:
    """A run of a tracker by its id, and its address where one was given."""

    id: str
    location: str | None


@dataclass(frozen=True, slots=True)
class Training:
    """When it was trained; ``guessed`` when ``ended`` is only the newest time of its files."""

    started: str | None
    ended: str | None
    guessed: bool


@dataclass(frozen=True, slots=True)
class NoteText:
    """A note somebody added, when and who."""

    time: str
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of an artifact."""

    path: str
    size_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class Tenure:
    """An interval in which a version held a stage; ``until`` None is now.

    ``why`` is the reason given when it began, ``ended_*`` how, by whom, for whom and why it ended.
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
    actor: str
    opened_by: str
    why: str | None
    ended_by: str | None
    ended_actor: str | None
    ended_for: str | None
    ended_why: str | None
    share: int | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """When a version was deleted, by whom and why; ``seq`` is the entry that says so."""

    seq: int
    time: str
    actor: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """All that is known of a version."""

    ref: str
    name: str
    version: int
    label: str | None
    digest: str
    form: str
    files: int
    size_bytes: int
    symlinks: bool
    state: str
    stages: tuple[Held, ...]
    aliases: tuple[str, ...]
    bad: bool
    archived: bool
    created: str
    seq: int
    actor: str
    author: str
    claimed: str | None
    host: str | None
    source: tuple[str, ...]
    reason: str | None
    description: str | None
    metrics: tuple[Metric, ...]
    params: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
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


@dataclass(frozen=True, slots=True)
class Model:
    """A model's page: what it is, who holds its stages, its aliases and newest versions; counted as in `ModelRow`."""

    name: str
    former_names: tuple[str, ...]
    created: str
    actor: str
    description: str | None
    tags: tuple[tuple[str, str], ...]
    aliases: tuple[tuple[str, int], ...]
    newest: int
    latest: int | None
    versions: int
    archived: bool
    holders: tuple[Holder, ...]
    development: InDevelopment | None
    recent: tuple[VersionRow, ...]
    notes: tuple[NoteText, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """Where some bytes are known from: a version (and the file inside it), and one of its tenures."""

    ref: str
    stage: str | None
    since: str | None
    until: str | None
    state: str
    file: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the log as a sentence; ``entry`` is its canonical JSON as text."""

    seq: int
    time: str
    actor: str
    claimed: str | None
    action: str
    subject: str | None
    sentence: str
    reason: str | None
    hash: str
    entry: str


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One difference: the section, the key in it, and the value on each side (None: not there)."""

    section: str
    key: str
    values: tuple[str | None, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Diff:
    """Versions side by side; ``rows`` are only what differs."""

    refs: tuple[str, ...]
    same: bool
    rows: tuple[DiffRow, ...]


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A node of the lineage: ``kind`` is version, data, code, run or uri."""

    id: str
    kind: str
    state: str | None = None
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """``source`` went into ``target``; ``relation`` is trained_on, built_from, tracked_by, derived_from …."""

    source: str
    target: str
    relation: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """What made a node and what was made from it; every node once, edges from cause to result."""

    root: str
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]


@dataclass(frozen=True, slots=True)
class VerifyFinding:
    """Something that is wrong (``error``), odd (``warning``) or right again (``repaired``): where, and in words."""

    severity: str
    code: str
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at and what was found; ``ok`` when no finding is an error.

    ``subset`` is the part of the stored contents that was looked at (``1/7``), None for all; ``quick``
    tells that no byte was read, only sizes and modes. The numbers count the findings that were left
    out for being too many of a kind, too.
    """

    ok: bool
    entries: int
    versions: int
    blobs: int
    size_bytes: int
    head_seq: int
    head_hash: str | None
    findings: tuple[VerifyFinding, ...] = ()
    subset: str | None = None
    errors: int = 0
    warnings: int = 0
    repaired: int = 0
    dry_run: bool = False
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """The registry at a glance; ``production`` are the holders of the last stage, ``last`` the newest entries.

    ``versions`` and ``size_bytes`` are of those that were not deleted, ``deleted`` counts the others.
    ``backup_of`` is the directory that this one is a backup of, None where it is none.
    """

    registry: str
    origin: str
    id: str
    models: int
    versions: int
    entries: int
    size_bytes: int
    head_hash: str
    production_stage: str
    production: tuple[tuple[str, Holder], ...]
    last: tuple[AuditEntry, ...]
    deleted: int = 0
    backup_of: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the log would say this is: what the machine says, and what was claimed beside it."""

    user: str
    uid: int | None
    user_namespace: bool
    claimed: str | None
    host: str = field(default="")


@dataclass(frozen=True, slots=True)
class Migration:
    """What `migrate` did or would do: from which schema to which, and where the backup lies."""

    changed: bool
    schema_before: int
    schema_after: int
    backup: str | None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Garbage:
    """What `gc` removed, or would: ``kind`` is blob, trash, leftover or aside.

    ``place`` is a digest for a blob, else a path; ``size_bytes`` is what it frees.
    """

    kind: str
    place: str
    size_bytes: int
    reason: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What `gc` did: ``files`` and ``freed_bytes`` are those of all ``garbage``.

    ``young_*`` is garbage within the grace period; ``brought_back`` are digests that lay in the trash and
    are needed; ``unknown`` are paths in the store that modelkeep did not make, left alone.
    """

    changed: bool
    garbage: tuple[Garbage, ...]
    files: int
    freed_bytes: int
    young_files: int
    young_bytes: int
    grace_seconds: int
    brought_back: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """One thing that `doctor` looked at: ``severity`` is ok, warning or error; ``hint`` says what to do."""

    severity: str
    code: str
    place: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What `doctor` found, the worst first; ``ok`` when nothing is an error."""

    ok: bool
    registry: str
    findings: tuple[DoctorFinding, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """Whose registry it is, by the permissions of its directory.

    ``shared`` and ``readers`` are groups whose members may write and may read; null where it is one
    account's own. ``in_the_way`` is a directory above that does not let them through.
    """

    shared: str | None
    readers: str | None
    in_the_way: str | None


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What `backup` did or would do: what the backup holds, and how much of it is new.

    ``ok`` when every stored file that it names is in it; ``findings`` are those that are not.
    """

    path: str
    registry: str
    changed: bool
    ok: bool
    entries: int
    versions: int
    blobs: int
    size_bytes: int
    new_blobs: int
    new_bytes: int
    head_seq: int
    head_hash: str | None
    findings: tuple[VerifyFinding, ...] = ()
    dry_run: bool = False
