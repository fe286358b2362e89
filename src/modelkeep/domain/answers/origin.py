"""Where a version came from, as the page of a version has it: environment, CI run, attachments."""

from __future__ import annotations

from modelkeep.domain.record import Answer


class LockFileName(Answer, frozen=True):
    """The file that an environment was read from."""

    name: str
    digest: str


class EnvironmentFacts(Answer, frozen=True):
    """The Python that made a version: its packages by name, and the machine's kind. ``digest`` is that of the document."""

    digest: str
    python: str | None
    implementation: str | None
    system: str | None
    machine: str | None
    accelerators: tuple[str, ...]
    lock: LockFileName | None
    package_count: int
    packages: dict[str, str]


class CiFacts(Answer, frozen=True):
    """The CI run that registered a version; ``system`` is ``github``, ``gitlab`` and the like."""

    system: str
    url: str | None
    actor: str | None
    ref: str | None
    job: str | None


class AttachmentRow(Answer, frozen=True):
    """A document that belongs to a version; ``kind`` is ``diff`` or ``file``."""

    name: str
    kind: str
    digest: str
    size_bytes: int


class AttachmentContent(Answer, frozen=True):
    """An attachment of a version with its bytes."""

    ref: str
    name: str
    kind: str
    digest: str
    content: bytes


class PackageList(Answer, frozen=True):
    """The packages of the environment that made a version; ``digest`` is that of the environment."""

    ref: str
    digest: str
    python: str | None
    packages: dict[str, str]
