"""What `init`, `status`, `whoami` and `config` print: the place, its user and the settings."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from msgspec import to_builtins

from modelkeep.cli.views.history import entry_line
from modelkeep.cli.views.interface import Document, View
from modelkeep.cli.views.layout import BLANK, Block, Facts, Indented, Stack, Table, heading, text
from modelkeep.cli.views.model import holder_line
from modelkeep.cli.views.text_lines import field_lines, line, seconds
from modelkeep.domain.answers.care import Access
from modelkeep.domain.answers.reports import Identity, Status
from modelkeep.domain.record import Answer
from modelkeep.rendering import Clock, counted, human_size

_STATUS_FIELDS = ("registry", "origin", "id", "models", "versions", "entries", "size_bytes", "head_hash", "deleted")


class InitDocument(Access, Document, frozen=True, kw_only=True):
    """A registry that was created, or was there."""

    path: str
    id: str
    created: bool
    stages: tuple[str, ...]


class InitView(View, frozen=True):
    """A registry that was created, or was there.

    ``shared_now`` says that it was asked to be shared, ``usage`` are sentences on how it is used from here.
    """

    exact = True
    path: str
    id: str
    stages: Sequence[str]
    access: Access
    created: bool
    shared_now: bool = False
    usage: Sequence[str] = ()

    def document(self) -> InitDocument:
        return InitDocument.of(self.access, path=self.path, id=self.id, created=self.created, stages=tuple(self.stages))

    def lines(self) -> list[str]:
        return [self.path]

    def identifiers(self) -> list[str]:
        return [self.path]

    def notes(self) -> list[str]:
        """Return what comes next, who may use the registry, and how it is used from here."""
        notes = []
        if self.created:
            notes = [f"stages: {', '.join(self.stages)}", "next: modelkeep register NAME FILE"]
        elif not self.shared_now:
            notes = ["nothing to do: there is a registry already"]
        access = self.access
        if access.shared is not None:
            notes.append(f"who may write: the group {access.shared}")
            if access.readers is not None:
                notes.append(f"who may read: the group {access.readers}")
            if (closed := access.in_the_way) is not None:
                notes.append(f"warning: {closed} does not let them through: chmod o+x {quote(closed)}")
        return [*notes, *self.usage]


class StatusDocument(Status, Document, frozen=True):
    """The registry at a glance."""


class StatusView(View, frozen=True):
    """The registry at a glance: what it holds, what is in production, the newest entries."""

    status: Status

    def document(self) -> StatusDocument:
        return StatusDocument.of(self.status)

    def lines(self) -> list[str]:
        """Return a line a field, a model in production and a new entry."""
        status = self.status
        return [
            *(line(name, getattr(status, name)) for name in _STATUS_FIELDS),
            *([line("backup_of", status.backup_of)] if status.backup_of else []),
            *(
                line(status.production_stage, f"{name}@{held.version}", seconds(held.since), held.actor)
                for name, held in status.production.items()
            ),
            *(line("entry", each.seq, seconds(each.time), each.actor, each.sentence) for each in status.last),
        ]

    def identifiers(self) -> list[str]:
        return [self.status.registry]

    def table(self, clock: Clock) -> Block:
        status = self.status
        facts, production = Facts(), Facts()
        facts.add("registry", f"{status.registry}  ({status.origin})")
        if status.backup_of:
            facts.add("backup of", text(f"{status.backup_of}: nothing is changed in it", "yellow"))
        facts.add("holds", ", ".join(self._contents()))
        for name, held in status.production.items():
            production.rows.append((heading(name), holder_line(name, held, clock)))
        return Stack(
            [
                facts,
                BLANK,
                text(status.production_stage, "bold green"),
                Indented(production if production.rows else text("nothing yet", "dim")),
                BLANK,
                heading("last"),
                *(Indented(entry_line(row, clock)) for row in status.last),
            ]
        )

    def _contents(self) -> list[str]:
        status = self.status
        size = "many files (status --size)" if status.size_bytes is None else human_size(status.size_bytes)
        return [
            counted(status.models, "model"),
            counted(status.versions, "version"),
            *([f"{status.deleted} deleted"] if status.deleted else []),
            size,
            counted(status.entries, "entry", "entries"),
        ]


class IdentityDocument(Identity, Document, frozen=True):
    """The name under which a change would be logged."""


class IdentityView(View, frozen=True):
    """The name under which a change would be logged."""

    identity: Identity

    def document(self) -> IdentityDocument:
        return IdentityDocument.of(self.identity)

    def lines(self) -> list[str]:
        """Return a line a field."""
        return [*field_lines(to_builtins(self.document()))]

    def identifiers(self) -> list[str]:
        return [self.identity.user]

    def table(self, clock: Clock) -> Block:
        identity = self.identity
        claimed = f" (claims {identity.claimed})" if identity.claimed else ""
        facts = Facts()
        facts.add("the log says", f"{identity.user}{claimed}")
        facts.add("uid", f"{identity.uid}{' in a user namespace' if identity.user_namespace else ''}")
        facts.add("host", text(identity.host))
        return facts


class SettingRow(Answer, frozen=True):
    """A setting, and where its value came from."""

    key: str
    value: str | None
    origin: str


class SettingsDocument(Document, frozen=True):
    """All settings."""

    settings: tuple[SettingRow, ...]


class SettingsView(View, frozen=True):
    """Settings, a row each; ``warnings`` are about what is not used."""

    settings: Sequence[tuple[str, str | None, str]]
    warnings: Sequence[str] = ()

    def document(self) -> SettingsDocument:
        return SettingsDocument(tuple(SettingRow(*each) for each in self.settings))

    def lines(self) -> list[str]:
        return [line(*each) for each in self.settings]

    def identifiers(self) -> list[str]:
        return [key for key, _, _ in self.settings]

    def table(self, clock: Clock) -> Block:
        rows = [[heading(key), text(value), text(origin)] for key, value, origin in self.settings]
        return Table(("setting", "value", "from"), rows, fold=("value", "from"))

    def notes(self) -> Sequence[str]:
        return self.warnings


class SettingDocument(Document, frozen=True):
    """One setting; ``changed`` is true when it was just set."""

    key: str
    value: str | None
    changed: bool


class SettingView(View, frozen=True):
    """The value of a setting; one that has none is an empty line."""

    exact = True
    key: str
    value: str | None
    warnings: Sequence[str] = ()

    def document(self) -> SettingDocument:
        return SettingDocument(self.key, self.value, changed=False)

    def lines(self) -> list[str]:
        return [self.value or ""]

    def identifiers(self) -> list[str]:
        return [self.value or ""]

    def notes(self) -> Sequence[str]:
        return self.warnings


class SettingChangedView(View, frozen=True):
    """A setting that was just set in a file, or with an empty value taken out of it."""

    key: str
    value: str
    file: str

    def document(self) -> SettingDocument:
        return SettingDocument(self.key, self.value or None, changed=True)

    def lines(self) -> list[str]:
        return [line(self.key, self.value)]

    def identifiers(self) -> list[str]:
        return [self.key]

    def notes(self) -> list[str]:
        return [f"written to {self.file}"]


class TrustDocument(Document, frozen=True):
    """The trusted directories that belong to others; ``changed`` is true when the list was just changed."""

    directories: tuple[str, ...]
    changed: bool


class TrustView(View, frozen=True):
    """The trusted directories that belong to others, a line each; ``file`` is where a change was written."""

    directories: Sequence[str]
    changed: bool = False
    file: str | None = None

    def document(self) -> TrustDocument:
        return TrustDocument(tuple(self.directories), self.changed)

    def lines(self) -> list[str]:
        return [line(each) for each in self.directories]

    def identifiers(self) -> list[str]:
        return list(self.directories)

    def notes(self) -> list[str]:
        if self.file is None:
            return []
        return [f"written to {self.file}" if self.changed else "nothing to do"]
