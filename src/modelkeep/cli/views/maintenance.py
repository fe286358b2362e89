"""What `verify`, `backup`, `gc`, `doctor` and `migrate` print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.cli.views.interface import View, line
from modelkeep.cli.views.layout import short, table, text
from modelkeep.domain.answers.maintenance import BackedUp, Cleaned, Diagnosis, DoctorFinding, Migration, Verification
from modelkeep.rendering import Clock, counted, files, human_size, verification

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_DRY_RUN = "dry run: nothing was written"
_UNKNOWN_SHOWN = 10


class VerificationView(View, frozen=True):
    """What was checked, and what is wrong with it.

    ``repairing`` says that it was asked to repair.
    """

    undocumented = ("repairing",)
    answer: Verification
    repairing: bool = False

    def lines(self) -> list[str]:
        return [line(each.severity, each.code, each.place, each.message) for each in self.answer.findings]

    def identifiers(self) -> list[str]:
        return [each.place for each in self.answer.findings]

    def table(self, clock: Clock) -> RenderableType:
        rows = ((each.severity, each.code, each.place, each.message) for each in self.answer.findings)
        return table(("", "code", "where", "what"), rows, fold=("where", "what"), title=2)

    def notes(self) -> list[str]:
        return [verification(self.answer), *self.hints()]

    def hints(self) -> list[str]:
        """Return commands that help where something is wrong; after a failed repair, none that repairs again."""
        errors = [each for each in self.answer.findings if each.severity == "error"]
        wrong = {each.code for each in errors}
        hints = []
        if any("the store is not there: " in each.message for each in errors):
            hints.append("hint: is its disk mounted? modelkeep doctor")
        elif "blob" in wrong and not self.repairing:
            hints.append(
                "hint: modelkeep verify --bytes --repair PATH        (a backup, or where the right bytes still are)"
            )
        if wrong and wrong <= {"table", "blob"} and "table" in wrong:
            hints.append(
                "hint: modelkeep migrate --rebuild        (makes the tables again from the log, after a backup)"
            )
        if "database" in wrong:
            hints.append("hint: cp BACKUP/registry.db REGISTRY/        (changes made since are lost: docs/backup.md)")
        if "head" in wrong:
            hints.append(
                "hint: bring back the newer registry.db, or if this is the right one: modelkeep verify --accept-head"
            )
        if "kept" in wrong:
            hints.append(
                "hint: bring back a registry.db that has this entry, as from a newer backup; ask who can write to this one"
            )
        return hints


class BackupView(View, frozen=True):
    """What a backup holds, how much of it is new, and what it lacks."""

    answer: BackedUp

    @property
    def acted(self) -> bool:
        """Whether something is there now that was not before."""
        return True

    def identifiers(self) -> list[str]:
        return [self.answer.path]

    def notes(self) -> list[str]:
        """Return what the backup holds, how much of it is new, and what it lacks."""
        found = self.answer
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


class GarbageView(View, frozen=True):
    """What `gc` removed, or would remove, and what it kept.

    ``grace`` is the grace period as it was typed.
    """

    undocumented = ("grace",)
    answer: Cleaned
    grace: str

    def lines(self) -> list[str]:
        return [line(each.place, each.size_bytes, each.reason) for each in self.answer.garbage]

    def identifiers(self) -> list[str]:
        return [each.place for each in self.answer.garbage]

    def table(self, clock: Clock) -> RenderableType:
        rows = ((short(each.place), human_size(each.size_bytes), each.reason) for each in self.answer.garbage)
        return table(("what", "size", "why"), rows, fold=("what", "why"))

    def notes(self) -> list[str]:
        """Return what was freed, what is too young, and what modelkeep did not make."""
        found = self.answer
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


class DiagnosisView(View, frozen=True):
    """What `doctor` found, the worst first."""

    answer: Diagnosis

    def lines(self) -> list[str]:
        return [line(each.severity, each.code, each.place, each.message, each.hint) for each in self.answer.findings]

    def identifiers(self) -> list[str]:
        return [each.code for each in self.answer.findings if each.severity != "ok"]

    def table(self, clock: Clock) -> RenderableType:
        rows = ((each.severity, each.code, each.place, _message_and_hint(each)) for each in self.answer.findings)
        return table(("", "what", "where", " "), rows, fold=("where", " "), title=2)

    def notes(self) -> list[str]:
        counts = dict.fromkeys(("error", "warning", "ok"), 0)
        for each in self.answer.findings:
            counts[each.severity] += 1
        wrong = f"{counted(counts['error'], 'error')}, {counted(counts['warning'], 'warning')}"
        return [f"{'ok' if self.answer.ok else 'NOT ok'}: {wrong}, {counted(counts['ok'], 'check')} passed"]


def _message_and_hint(finding: DoctorFinding) -> Text:
    message = text(finding.message, "")
    return message if finding.hint is None else message + "\n" + text(f"-> {finding.hint}", "bold")


class MigrationView(View, frozen=True):
    """From which schema a registry was brought to which."""

    answer: Migration

    def identifiers(self) -> list[str]:
        found = self.answer
        if not found.changed:
            return []
        if found.table_errors is not None:
            return [f"tables: {counted(found.table_errors, 'error')} -> none"]
        return [f"schema: {found.schema_before} -> {found.schema_after}"]

    def notes(self) -> list[str]:
        found = self.answer
        already = f"the schema is {found.schema_after} already"
        if found.table_errors is not None:
            already = "every table is as the log makes it"
        notes = [] if found.changed else [f"nothing to do: {already}"]
        if found.changed and found.dry_run:
            notes = [_DRY_RUN]
        return [*notes, *([f"backup: {found.backup}"] if found.backup else [])]
