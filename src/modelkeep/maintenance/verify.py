"""`verify`: check the log and its tables, then the stored bytes; what is wrong is returned as findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from shlex import quote

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.maintenance import Verification
from modelkeep.domain.subset import EVERYTHING, parse_subset
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.maintenance.findings import Findings
from modelkeep.maintenance.repair import Repair
from modelkeep.maintenance.verify_bytes import Checked, Wanted, check_bytes, versions_of
from modelkeep.maintenance.verify_log import LogCheck
from modelkeep.store import backup_mark, head_cache
from modelkeep.store.backup_place import no_backup_beside

_HEX = frozenset("0123456789abcdef")


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
    head: str | None = None,
) -> Verification:
    """Check the log, the stored bytes or both; see `Registry.verify`."""
    findings = Findings()
    # Every argument is checked before long work begins.
    _check_options(refs, log=log, bytes_=bytes_, subset=subset, repair=repair, dry_run=dry_run, accept_head=accept_head)
    kept_head = None if head is None else _parse_head(head, log=log)
    wanted = Wanted(None, EVERYTHING if subset is None else parse_subset(subset), quick)
    repairing = None if repair is None else Repair(context, repair, dry_run=dry_run)
    with findings.catching("references"):
        wanted = replace(wanted, chosen=versions_of(context, refs) if refs else None)
    check = LogCheck(context, findings, deep=log and not quick, kept_head=kept_head)
    log_ok = False
    with closing(check), nullcontext() if repairing is None else no_backup_beside(context.directory):
        if log:
            check.run()
            _check_head(context, findings, check, accept_head=accept_head)
            if not check.has_kept_head:
                text = (
                    f"no entry has the hash {kept_head}: this is another log, it was written anew, "
                    "or its newest entries are missing"
                )
                findings.error("kept", "log", text)
            log_ok = findings.ok
        checked = Checked(0, 0, 0)
        if bytes_:
            with findings.catching("store"):
                checked = check_bytes(context, findings, wanted, check.trusted, repair=repairing, progress=progress)
        if log_ok and not dry_run:
            _remember_head(context, findings, check, accept_head=accept_head)
    return Verification(
        ok=findings.ok,
        entries=check.entries,
        versions=checked.versions,
        blobs=checked.blobs,
        size_bytes=checked.size_bytes,
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


def _check_head(context: Context, findings: Findings, check: LogCheck, *, accept_head: bool) -> None:
    """Compare the log with the head that this account saw last. A backup is allowed to be behind it."""
    known, end = check.known, check.head
    if known is None or end is None:
        return
    standing = known.compare(end, check.hash_at_known)
    if standing == "continues":
        return
    severity = "warning" if accept_head else "error"
    text = f"it is not the one that this account saw, which had the hash {known.hash}"
    if standing == "behind":
        what = "the log went backwards"
        if backup_mark.backup_of(context.directory) is not None:
            severity, what = "warning", "it is a backup, and older"
        text = f"{what}: this account saw entry {known.seq} of it, and it ends with entry {end.seq}"
    findings.add(severity, "head", f"entry {known.seq}", text)


def _remember_head(context: Context, findings: Findings, check: LogCheck, *, accept_head: bool) -> None:
    """Remember the head that was verified. ``--accept-head`` puts it in the place of a later one."""
    registry, head = check.registry, check.head
    if registry is None or head is None:
        return
    # Accepting a backup must not forget the later head of the registry that it is of.
    if not accept_head or backup_mark.backup_of(context.directory) is not None:
        head_cache.remember(context.state_dir, registry, head.seq, head.hash)
        return
    head_cache.replace(context.state_dir, registry, head.seq, head.hash)
    kept = head_cache.recall(context.state_dir, registry)
    # `None`: nothing can be remembered here, so no command will warn of this log either.
    if kept is not None and (kept.seq, kept.hash) != (head.seq, head.hash):
        text = f"the log could not be accepted: {printable(context.state_dir)} cannot be written"
        findings.add("error", "memory", f"entry {head.seq}", text)


def _parse_head(text: str, *, log: bool) -> str:
    if not log:
        message = "--head is about the log, and --bytes does not check it"
        raise UsageError(message, "modelkeep verify --log --head SHA256")
    digits = text.lower().removeprefix("sha256:")
    if len(digits) != 64 or not _HEX.issuperset(digits):
        message = f"--head takes the hash of an entry, sha256: and 64 digits, not '{printable(text)}'"
        raise UsageError(message, "modelkeep status --format '{head_hash}'        (prints the newest)")
    return f"sha256:{digits}"


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
    """Refuse options of a half of the check that is left out, and leaving out both halves."""
    if not log and not bytes_:
        message = "nothing would be checked: neither the log nor the stored bytes"
        raise UsageError(message, "modelkeep verify")
    if refs and not bytes_:
        message = "a reference chooses whose stored bytes are checked, and --log checks none"
        raise UsageError(message, "modelkeep verify --bytes REF")
    for option, given in (("--subset", subset), ("--repair", repair)):
        if given is not None and not bytes_:
            message = f"{option} is about the stored bytes, and --log checks none"
            raise UsageError(message, f"modelkeep verify --bytes {option} {quote(given)}")
    if dry_run and repair is None:
        message = "--dry-run goes with --repair: nothing else here changes anything"
        raise UsageError(message, "modelkeep verify --bytes --repair PATH --dry-run")
    if accept_head and not log:
        message = "--accept-head is about the log, and --bytes does not check it"
        raise UsageError(message, "modelkeep verify --accept-head")
    if accept_head and dry_run:
        message = "--accept-head remembers a head, and --dry-run writes nothing"
        raise UsageError(message, "modelkeep verify --accept-head")
