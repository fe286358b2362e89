"""What `verify`, `backup`, `gc`, `doctor` and `migrate` print."""

from __future__ import annotations

from modelkeep.cli.views.interface import Document, View
from modelkeep.cli.views.layout import LINE_BREAK, Block, Line, Table, short, text
from modelkeep.cli.views.text_lines import line
from modelkeep.domain.answers.care import BackedUp, Cleaned, Diagnosis, DoctorFinding, Migration, Verification
from modelkeep.rendering import Clock, counted, files, human_size, verification

_DRY_RUN = "dry run: nothing was written"
_UNKNOWN_SHOWN = 10


class VerificationDocument(Verification, Document, frozen=True):
    """What was checked, and what is wrong with it."""


class VerificationView(View, frozen=True):
    """The findings of a verification; ``repairing`` says that it was asked to repair."""

    found: Verification
    repairing: bool = False

    def document(self) -> VerificationDocument:
        return VerificationDocument.of(self.found)

    def lines(self) -> list[str]:
        return [line(each.severity, each.code, each.place, each.message) for each in self.found.findings]

    def identifiers(self) -> list[str]:
        return [each.place for each in self.found.findings]

    def table(self, clock: Clock) -> Block:
        rows = [
            [text(each.severity), text(each.code), text(each.place), text(each.message)] for each in self.found.findings
        ]
        return Table(("", "code", "where", "what"), rows, fold=("where", "what"))

    def notes(self) -> list[str]:
        return [verification(self.found), *self.hints()]

    def hints(self) -> list[str]:
        """Return what helps where something is wrong; a repair that failed is not answered with a repair."""
        wrong = {each.code for each in self.found.findings if each.severity == "error"}
        hints = []
        if any("the store is not there: " in each.message for each in self.found.findings):
            hints.append("hint: is its disk mounted? modelkeep doctor")
        elif "blob" in wrong and not self.repairing:
            hints.append(
                "hint: modelkeep verify --bytes --repair PATH        (a backup, or where the right bytes still are)"
            )
        if "database" in wrong:
            hints.append("hint: cp BACKUP/registry.db REGISTRY/        (changes made since are lost: docs/backup.md)")
        if "head" in wrong:
            hints.append(
                "hint: bring back the newer registry.db, or if this is the right one: modelkeep verify --accept-head"
            )
        return hints


class BackupDocument(BackedUp, Document, frozen=True):
    """What a backup holds, how much of it is new, and what it lacks."""


class BackupView(View, frozen=True):
    """Where the backup is."""

    found: BackedUp

    def document(self) -> BackupDocument:
        return BackupDocument.of(self.found)

    def lines(self) -> list[str]:
        return [self.found.path]

    def identifiers(self) -> list[str]:
        return [self.found.path]

    def notes(self) -> list[str]:
        """Return what the backup holds, how much of it is new, and what it lacks."""
        found = self.found
        new = "no new stored file" if found.changed else "nothing new"
        if found.new_blobs:
            new = f"{counted(found.new_blobs, 'new stored file')} ({human_size(found.new_bytes)})"
        notes = [f"{counted(found.entries, 'entry', 'entries')}, {counted(found.versions, 'version')}, {new}"]
        notes += [f"{each.severity}: {each.place} {each.message}" for each in found.findings]
        if not found.ok:
            notes += [
                "the backup lacks these bytes; all else is in it",
                "hint: modelkeep verify --bytes --repair PATH        (an older backup, or where the right bytes are)",
            ]
        return [*notes, *([_DRY_RUN] if found.dry_run else [])]


class GarbageDocument(Cleaned, Document, frozen=True):
    """What `gc` removed, or would remove, and what it kept."""


class GarbageView(View, frozen=True):
    """What `gc` removed, a row each; ``grace`` is the grace period as it was typed."""

    found: Cleaned
    grace: str

    def document(self) -> GarbageDocument:
        return GarbageDocument.of(self.found)

    def lines(self) -> list[str]:
        return [line(each.place, each.size_bytes, each.reason) for each in self.found.garbage]

    def identifiers(self) -> list[str]:
        return [each.place for each in self.found.garbage]

    def table(self, clock: Clock) -> Block:
        rows = [
            [text(short(each.place)), text(human_size(each.size_bytes)), text(each.reason)]
            for each in self.found.garbage
        ]
        return Table(("what", "size", "why"), rows, fold=("what", "why"))

    def notes(self) -> list[str]:
        """Return what was freed, what is too young, and what modelkeep did not make."""
        found = self.found
        freed = f"{human_size(found.freed_bytes)} in {files(found.files)}"
        if not found.garbage:
            notes = ["nothing to do: there is no garbage" + (" of that age" if found.young_files else "")]
        elif found.dry_run:
            notes = [f"would free {freed}", "dry run: nothing was removed"]
        else:
            notes = [f"freed {freed}"]
        if found.young_files:
            verb = "is" if found.young_files == 1 else "are"
            notes.append(
                f"{files(found.young_files)}, {human_size(found.young_bytes)}, {verb} younger than {self.grace}"
            )
        notes += [f"unknown: {each} (not made by modelkeep, left alone)" for each in found.unknown[:_UNKNOWN_SHOWN]]
        more = len(found.unknown) - _UNKNOWN_SHOWN
        return [*notes, f"unknown: and {more} more"] if more > 0 else notes


class DiagnosisDocument(Diagnosis, Document, frozen=True):
    """What `doctor` found, the worst first."""


class DiagnosisView(View, frozen=True):
    """The findings of `doctor`, each with what to do about it."""

    found: Diagnosis

    def document(self) -> DiagnosisDocument:
        return DiagnosisDocument.of(self.found)

    def lines(self) -> list[str]:
        return [line(each.severity, each.code, each.place, each.message, each.hint) for each in self.found.findings]

    def identifiers(self) -> list[str]:
        return [each.code for each in self.found.findings if each.severity != "ok"]

    def table(self, clock: Clock) -> Block:
        rows = [
            [text(each.severity), text(each.code), text(each.place), _message_and_hint(each)]
            for each in self.found.findings
        ]
        return Table(("", "what", "where", " "), rows, fold=("where", " "))

    def notes(self) -> list[str]:
        counts = dict.fromkeys(("error", "warning", "ok"), 0)
        for each in self.found.findings:
            counts[each.severity] += 1
        wrong = f"{counted(counts['error'], 'error')}, {counted(counts['warning'], 'warning')}"
        return [f"{'ok' if self.found.ok else 'NOT ok'}: {wrong}, {counted(counts['ok'], 'check')} passed"]


def _message_and_hint(finding: DoctorFinding) -> Line:
    message = text(finding.message, "")
    return message if finding.hint is None else message + LINE_BREAK + text(f"-> {finding.hint}", "bold")


class MigrationDocument(Migration, Document, frozen=True):
    """From which schema a registry was brought to which."""


class MigrationView(View, frozen=True):
    """From which schema to which; nothing where the schema is the newest already."""

    found: Migration

    def document(self) -> MigrationDocument:
        return MigrationDocument.of(self.found)

    def lines(self) -> list[str]:
        return [f"schema: {self.found.schema_before} -> {self.found.schema_after}"] if self.found.changed else []

    def identifiers(self) -> list[str]:
        return self.lines()

    def notes(self) -> list[str]:
        found = self.found
        notes = [] if found.changed else [f"nothing to do: the schema is {found.schema_after} already"]
        if found.changed and found.dry_run:
            notes = [_DRY_RUN]
        return [*notes, *([f"backup: {found.backup}"] if found.backup else [])]
