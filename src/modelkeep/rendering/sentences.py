"""Answers as sentences: how a metric compares, why a tenure began and ended, what a verification checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.rendering.counts import counted
from modelkeep.rendering.sizes import human_size

if TYPE_CHECKING:
    from modelkeep.domain.answers.care import Verification
    from modelkeep.domain.answers.changes import Verdict
    from modelkeep.domain.answers.versions import Tenure

_ENDINGS = {"promote": "displaced by", "register": "displaced by", "rollback": "rolled back to"}


def verdict(found: Verdict) -> str:
    """Return a metric beside that of the version in production: ``auc 0.914 (+0.007 against production, fraud@3)``."""
    measured = f"{found.metric} {found.value}"
    if found.against is None:
        return measured
    holder = ", ".join(found.against.split(" ", maxsplit=1))
    if found.difference is not None:
        return f"{measured} ({found.difference} against {holder})"
    return f"{measured} ({'none' if found.other is None else found.other} in {holder})"


def tenure_reasons(tenure: Tenure) -> str | None:
    """Return why a tenure began and how and why it ended: ``march data; rolled back to fraud@3: p99``."""
    ended = None
    if tenure.ended_by is not None:
        ending = _ENDINGS.get(tenure.ended_by, f"ended by {tenure.ended_by}")
        ended = f"{ending} {tenure.ended_for}" if tenure.ended_for else f"ended by {tenure.ended_by}"
        ended += f": {tenure.ended_why}" if tenure.ended_why else ""
    return "; ".join(each for each in (tenure.why, ended) if each) or None


def verification(found: Verification) -> str:
    """Return what was checked and how many findings there are: ``ok: 12 entries, 3 versions, ...``."""
    checked = (
        counted(found.entries, "entry", "entries"),
        counted(found.versions, "version"),
        counted(found.blobs, "stored file"),
        human_size(found.size_bytes),
    )
    limits = [
        *([f"part {found.subset}"] if found.subset else []),
        *(["no replay"] if found.quick and found.entries else []),
        *(["sizes only"] if found.quick and found.blobs else []),
    ]
    counts = [
        counted(number, word) for number, word in ((found.errors, "error"), (found.warnings, "warning")) if number
    ]
    if found.repaired:
        counts.append(f"{found.repaired} {'to be repaired' if found.dry_run else 'repaired'}")
    limited = f" ({', '.join(limits)})" if limits else ""
    return f"{'ok' if found.ok else 'NOT ok'}: {', '.join(checked)}{limited}{': ' if counts else ''}{', '.join(counts)}"
