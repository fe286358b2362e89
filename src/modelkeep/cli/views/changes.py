"""What a change tells: the effects on stdout, the rest in sentences on stderr. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.cli.views.output import Page, document
from modelkeep.domain.text import printable
from modelkeep.rendering.counts import counted
from modelkeep.rendering.sizes import human_size

if TYPE_CHECKING:
    from modelkeep.domain.answers.care import BackedUp, Verification
    from modelkeep.domain.answers.changes import Change, Registered, Verdict

_DONE = {"describe": "described", "note": "noted on"}


def effects(change: Change) -> list[str]:
    """Return what changed, a line each: ``production: fraud@3 -> fraud@4``."""
    return [printable(f"{each.what}: {each.before} -> {each.after}") for each in change.effects]


def change(found: Change, thing: str = "change") -> Page:
    """Return a change whose answer are its effects; what was so already has none."""
    return Page(document(thing, found), effects(found) if found.changed else (), [found.ref or found.name])


def reference(found: Change, thing: str = "change") -> Page:
    """Return a change whose answer is the version it is about, changed or not."""
    ref = found.ref or found.name
    return Page(document(thing, found), [ref], [ref])


def beside(found: Change) -> list[str]:
    """Return what is told on stderr of any change: that nothing was to do, notes, the next command."""
    told = []
    if not found.changed:
        told.append(f"nothing to do: {found.why or 'it is so already'}")
    elif found.dry_run:
        told.append("dry run: nothing was written")
    elif not found.effects and found.action in _DONE:
        told.append(f"{_DONE[found.action]} {found.ref or found.name}")
    told += found.notes
    told += [f"{each.ref} was passed over: {each.why}" for each in getattr(found, "passed_over", ())]
    return [*told, *found.hints]


def registered(found: Registered) -> list[str]:
    """Return what is told on stderr of a registration: what was captured, the verdict, what comes next."""
    told = list(found.notes)
    if not found.changed:
        told.insert(0, found.why or f"already registered as {found.ref}")
    told += [verdict(each) for each in found.verdict]
    told += effects(found) if found.changed else []
    told += [f"warning: {each}" for each in found.warnings]
    told += ["dry run: nothing was written"] if found.dry_run and found.changed else []
    return [*told, *(f"next: {each}" for each in found.hints)]


def verdict(found: Verdict) -> str:
    """Return a metric beside production's: ``auc 0.914 (+0.007 vs production fraud@3)``."""
    mine = f"{found.metric} {found.value}"
    if found.against is None:
        return mine
    if found.difference is not None:
        return f"{mine} ({found.difference} vs {found.against})"
    return f"{mine} ({found.other if found.other is not None else 'none'} in {found.against})"


def summary(found: Verification) -> str:
    """Return what was looked at and how it is, in one line."""
    looked = (
        counted(found.entries, "entry", "entries"),
        counted(found.versions, "version"),
        counted(found.blobs, "stored file"),
        human_size(found.size_bytes),
    )
    how = [f"part {found.subset}"] if found.subset else []
    how += ["no replay"] if found.quick and found.entries else []
    how += ["sizes only"] if found.quick and found.blobs else []
    part = f" ({', '.join(how)})" if how else ""
    parts = [counted(number, word) for number, word in ((found.errors, "error"), (found.warnings, "warning")) if number]
    if found.repaired:
        parts.append(f"{found.repaired} {'to be repaired' if found.dry_run else 'repaired'}")
    return f"{'ok' if found.ok else 'NOT ok'}: {', '.join(looked)}{part}{': ' if parts else ''}{', '.join(parts)}"


def what_next(found: Verification, *, repairing: bool = False) -> list[str]:
    """Return what helps where a verification found what can be put right; a ``repairing`` one is not sent to repair."""
    wrong = {each.code for each in found.findings if each.severity == "error"}
    lines = []
    if any("the store is not there: " in each.message for each in found.findings):
        lines.append("hint: is the disk it is on mounted? modelkeep doctor")
    elif "blob" in wrong and not repairing:
        lines.append(
            "hint: modelkeep verify --bytes --repair PATH        (a backup, or where the right bytes still are)"
        )
    if "database" in wrong:
        lines.append("hint: cp BACKUP/registry.db REGISTRY/        (what was written since is lost: docs/backup.md)")
    if "head" in wrong:
        lines.append(
            "hint: bring back the newer registry.db, or if this is the right one: modelkeep verify --accept-head"
        )
    return lines


def backed_up(found: BackedUp) -> list[str]:
    """Return what is told on stderr of a backup: what it holds, how much of it is new, what it lacks."""
    new = "no new stored file" if found.changed else "nothing new"
    if found.new_blobs:
        new = f"{counted(found.new_blobs, 'new stored file')} ({human_size(found.new_bytes)})"
    holds = f"{counted(found.entries, 'entry', 'entries')}, {counted(found.versions, 'version')}, {new}"
    told = [f"{each.severity}: {each.place} {each.message}" for each in found.findings]
    if not found.ok:
        told.append("these bytes are not in the backup; the rest is")
        told.append(
            "hint: modelkeep verify --bytes --repair PATH        (an older backup, or where the right bytes are)"
        )
    return [holds, *told, *(["dry run: nothing was written"] if found.dry_run else [])]
