"""`verify`: is what we hold true? The log and its tables, then the stored bytes; what is wrong comes back as findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from modelkeep.domain.answers import Verification
from modelkeep.store import remembered
from modelkeep.usecases.checking_bytes import Chosen, Looked, check_bytes, versions_of
from modelkeep.usecases.checking_log import LogCheck
from modelkeep.usecases.context import Context
from modelkeep.usecases.findings import Findings


def verify(
    context: Context,
    refs: Sequence[str],
    *,
    log: bool,
    bytes_: bool,
    quick: bool,
    accept_head: bool,
    progress: Callable[[int, int], None] | None,
) -> Verification:
    """Check the log, the stored bytes or both; see `Registry.verify`."""
    findings = Findings()
    chosen: list[Chosen] | None = None
    with findings.noting("references"):
        # At once, for a word that means nothing is told before long work begins.
        chosen = versions_of(context, refs) if refs else None
    check = LogCheck(context, findings, deep=log and not quick)
    try:
        if log:
            check.run()
            lost = check.lost()
            if lost is not None:
                findings.add("warning" if accept_head else "error", "head", *lost)
        looked = Looked(0, 0, 0)
        if bytes_:
            with findings.noting("store"):
                looked = check_bytes(context, findings, chosen, check.trusted, quick=quick, progress=progress)
        if log and findings.ok and check.head is not None and check.registry is not None:
            keep = remembered.replace if accept_head else remembered.remember
            keep(context.state_dir, check.registry, check.head.seq, check.head.hash)
    finally:
        check.close()
    return Verification(
        ok=findings.ok,
        entries=check.entries,
        versions=looked.versions,
        blobs=looked.blobs,
        size_bytes=looked.size_bytes,
        head_seq=0 if check.head is None else check.head.seq,
        head_hash=None if check.head is None else check.head.hash,
        findings=findings.all(),
    )
