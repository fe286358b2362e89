"""What `verify --log` says, as a report quotes it."""

from __future__ import annotations

from modelkeep.context import Context
from modelkeep.domain.answers.period import Checked, Head
from modelkeep.maintenance.verify import verify
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.sql import periods


def checked(context: Context) -> Checked:
    """Verify the log and its tables, and return what was found."""
    found = verify(
        context, (), log=True, bytes_=False, quick=False, accept_head=False, progress=None, subset=None, repair=None,
        dry_run=False,
    )  # fmt: skip
    with snapshot(context) as (reader, _):
        row = reader.row(periods.HEAD_AT, seq=found.head_seq)
    return Checked(
        ok=found.ok,
        entries=found.entries,
        errors=found.errors,
        warnings=found.warnings,
        findings=tuple(f"{each.severity} {each.code} {each.place}: {each.message}" for each in found.findings),
        head=Head(found.head_seq, "" if row is None else str(row[1]), found.head_hash or ""),
    )
