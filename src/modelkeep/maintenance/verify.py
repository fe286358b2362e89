"""`verify`: is what we hold true? The log and its tables, then the stored bytes; what is wrong comes back as findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.care import Verification
from modelkeep.domain.subset import EVERYTHING, parse_subset
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.maintenance.findings import Findings
from modelkeep.maintenance.repair import Repair
from modelkeep.maintenance.verify_bytes import Looked, Wanted, check_bytes, versions_of
from modelkeep.maintenance.verify_log import LogCheck
from modelkeep.store import backup_mark, head_cache
from modelkeep.store.backup.place import no_backup_beside


def verify(  # noqa: PLR0913  the command's own flags
    context: Context,
    refs: Sequence[str],
    *,
    log: bool,
    bytes_: bool,
    quick: bool,
    accept_head: bool,
    progress: Callable[[int, int], None] | None,
    subset: str | None = None,
    repair: str | None = None,
    dry_run: bool = False,
) -> Verification:
    """Check the log, the stored bytes or both; see `Registry.verify`."""
    findings = Findings()
    # All that was typed is looked at at once, for a word that means nothing is told before long work begins.
    _check_options(refs, log=log, bytes_=bytes_, subset=subset, repair=repair, dry_run=dry_run, accept_head=accept_head)
    wanted = Wanted(None, EVERYTHING if subset is None else parse_subset(subset), quick)
    repairing = None if repair is None else Repair(context, repair, dry_run=dry_run)
    with findings.noting("references"):
        wanted = replace(wanted, chosen=versions_of(context, refs) if refs else None)
    check = LogCheck(context, findings, deep=log and not quick)
    with closing(check), nullcontext() if repairing is None else no_backup_beside(context.directory):
        if log:
            check.run()
            _check_end(context, findings, check, accept_head=accept_head)
        looked = Looked(0, 0, 0)
        if bytes_:
            with findings.noting("store"):
                looked = check_bytes(context, findings, wanted, check.trusted, repair=repairing, progress=progress)
        if log and findings.ok and not dry_run:
            _keep_end(context, findings, check, accept_head=accept_head)
    return Verification(
        ok=findings.ok,
        entries=check.entries,
        versions=looked.versions,
        blobs=looked.blobs,
        size_bytes=looked.size_bytes,
        head_seq=0 if check.head is None else check.head.seq,
        head_hash=None if check.head is None else check.head.hash,
        findings=findings.all(),
        subset=subset,
        errors=findings.count("error"),
        warnings=findings.count("warning"),
        repaired=findings.count("repaired"),
        dry_run=dry_run,
        quick=quick,
    )


def _check_end(context: Context, findings: Findings, check: LogCheck, *, accept_head: bool) -> None:
    """Hold the end of the log against the one that this account saw last."""
    lost = check.lost()
    if lost is not None:
        behind = check.is_behind and backup_mark.backup_of(context.directory) is not None
        place, words = lost
        if behind:  # by its nature
            words = words.replace("the log went backwards", "it is a backup, and older")
        findings.add("warning" if accept_head or behind else "error", "head", place, words)


def _keep_end(context: Context, findings: Findings, check: LogCheck, *, accept_head: bool) -> None:
    """Keep the end of the log that was seen; where somebody asked for it, it is read back."""
    registry, head = check.registry, check.head
    if registry is None or head is None:
        return
    # A backup is behind by its nature: what was seen of the registry itself is not forgotten for it.
    if not accept_head or backup_mark.backup_of(context.directory) is not None:
        head_cache.remember(context.state_dir, registry, head.seq, head.hash)
        return
    head_cache.replace(context.state_dir, registry, head.seq, head.hash)
    kept = head_cache.recall(context.state_dir, registry)
    # Where nothing is kept, nobody will be warned of this log.
    if kept is not None and (kept.seq, kept.hash) != (head.seq, head.hash):
        words = f"the log could not be accepted: {printable(context.state_dir)} cannot be written"
        findings.add("error", "memory", f"entry {head.seq}", words)


def _check_options(
    refs: Sequence[str],
    *,
    log: bool,
    bytes_: bool,
    subset: str | None,
    repair: str | None,
    dry_run: bool,
    accept_head: bool,
) -> None:
    """Refuse what is about bytes where none are looked at, what is about the log where that is not, and no look at all."""
    if not log and not bytes_:
        message = "nothing would be looked at: neither the log nor the stored bytes"
        raise UsageError(message, "modelkeep verify")
    if refs and not bytes_:
        message = "a reference says whose stored bytes are looked at, and --log looks at none"
        raise UsageError(message, f"modelkeep verify --bytes {printable(' '.join(refs))}")
    for option, given in (("--subset", subset), ("--repair", repair)):
        if given is not None and not bytes_:
            message = f"{option} is about the stored bytes, and --log looks at none"
            raise UsageError(message, f"modelkeep verify --bytes {option} {given}")
    if dry_run and repair is None:
        message = "--dry-run goes with --repair: nothing else here changes anything"
        raise UsageError(message, "modelkeep verify --bytes --repair PATH --dry-run")
    if accept_head and not log:
        message = "--accept-head is about the log, and --bytes does not look at it"
        raise UsageError(message, "modelkeep verify --accept-head")
    if accept_head and dry_run:
        message = "--accept-head has something remembered, and --dry-run writes nothing"
        raise UsageError(message, "modelkeep verify --accept-head")
