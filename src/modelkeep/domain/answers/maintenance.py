"""Answers of maintenance: verify, gc, backup, migrate and doctor."""

from __future__ import annotations

from modelkeep.domain.record import Answer


class VerifyFinding(Answer, frozen=True):
    """Something that is wrong (``error``), odd (``warning``) or right again (``repaired``): where, and in words.

    Where it is about a stored content, ``digest`` names it, and ``ref`` and ``path`` one version that needs it and the
    file that it is there; else they are None.
    """

    severity: str
    code: str
    place: str
    message: str
    ref: str | None = None
    path: str | None = None
    digest: str | None = None


class Verification(Answer, frozen=True):
    """What `verify` checked and found; ``ok`` when no finding is an error.

    ``subset`` is the part of the stored contents that was looked at (``1/7``), None for all; ``quick`` tells that no
    byte was read, only sizes and modes. The numbers include findings that were left out, as too many of a kind.
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


class Migration(Answer, frozen=True):
    """What `migrate` did or would do: from which schema to which, and where the backup lies.

    ``table_errors`` is how many rows were not as the log makes them, before `rebuild` made every table again.
    """

    changed: bool
    schema_before: int
    schema_after: int
    backup: str | None
    dry_run: bool = False
    table_errors: int | None = None


class Garbage(Answer, frozen=True):
    """What `gc` removed, or would: ``kind`` is blob, leftover or damaged.

    ``place`` is a digest for a blob, else a path; ``size_bytes`` is what it frees.
    """

    kind: str
    place: str
    size_bytes: int
    reason: str


class Cleaned(Answer, frozen=True):
    """What `gc` did: ``files`` and ``freed_bytes`` are those of all ``garbage``.

    ``young_*`` is garbage within the grace period; ``unknown`` are paths in the store that modelkeep did not make.
    """

    changed: bool
    garbage: tuple[Garbage, ...]
    files: int
    freed_bytes: int
    young_files: int
    young_bytes: int
    grace_seconds: int
    unknown: tuple[str, ...] = ()
    dry_run: bool = False


class DoctorFinding(Answer, frozen=True):
    """One thing that `doctor` looked at: ``severity`` is ok, warning or error; ``hint`` says what to do."""

    severity: str
    code: str
    place: str
    message: str
    hint: str | None = None


class Diagnosis(Answer, frozen=True):
    """The findings of `doctor`, the worst first; ``ok`` when none is an error."""

    ok: bool
    registry: str
    findings: tuple[DoctorFinding, ...]


class Access(Answer, frozen=True):
    """Who may read and write a registry, by the permissions of its directory.

    ``shared`` and ``readers`` are groups whose members may write and may read; null where it is one
    account's own. ``in_the_way`` is a directory above that does not let them through.
    """

    shared: str | None
    readers: str | None
    in_the_way: str | None


class BackedUp(Answer, frozen=True):
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
