"""The checks of a version: their results, which of them count still, and the evidence."""

from __future__ import annotations

import io
from datetime import timedelta
from shlex import quote
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.answers.changes import Fetched
from modelkeep.domain.answers.checks import CheckRow
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.domain.text import printable
from modelkeep.domain.times import parse_stored
from modelkeep.errors import NotFound
from modelkeep.reads.references import version_of
from modelkeep.reads.roles import rules_at
from modelkeep.reads.snapshot import dated_snapshot
from modelkeep.store.bucket.interface import Contents
from modelkeep.store.db.interface import Reader, Row
from modelkeep.store.db.sql import checks as select
from modelkeep.store.db.sql.references import Resolved

if TYPE_CHECKING:
    from modelkeep.domain.policy.rules import RequiredCheck

MISSING = "missing"


class _Document(Struct, frozen=True):
    """A document as contents that can be copied out."""

    data: bytes

    def get(self, _key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """Open it."""
        return io.BytesIO(self.data[start:][:length])


def checks(context: Context, ref: str, moment: str | AsOf | None, *, every: bool) -> tuple[CheckRow, ...]:
    """Return the newest result of each check of a version and the checks that are missing, or ``every`` result."""
    with dated_snapshot(context, moment) as (reader, at, time):
        found = version_of(reader, ref, context.say, "check list {}", at)
        return version_checks(reader, at, found, time, every=every)


def check(context: Context, ref: str, name: str, moment: str | AsOf | None) -> CheckRow:
    """Return the newest result of a check; ``NotFound`` where there is none."""
    with dated_snapshot(context, moment) as (reader, at, time):
        return _newest(context, reader, at, ref, name, time)


def evidence(
    context: Context, ref: str, name: str, dest: str, *, force: bool, stdout: BinaryIO | None, moment: str | AsOf | None
) -> Fetched | None:
    """Copy the evidence of a check out, every byte checked; see `Registry.check_evidence`."""
    from modelkeep.store.export.artifact import export, export_stream

    with dated_snapshot(context, moment) as (reader, at, time):
        row = _newest(context, reader, at, ref, name, time)
        document = None if row.evidence is None else select.document(reader, row.evidence)
    if row.evidence is None:
        message = f"the check {name} of {row.ref} was recorded without evidence"
        raise NotFound(message, f"modelkeep check show {quote(row.ref)} {quote(name)}")
    manifest = Manifest.of([ManifestFile(row.evidence, f"{name}.evidence", row.evidence_bytes or 0)])
    contents: Contents = context.bucket if document is None else _Document(document)
    if stdout is not None:
        export_stream(contents, manifest, stdout)
        return None
    done = export(contents, manifest, "file", dest, default_name=f"{name}.evidence", force=force)
    return Fetched(row.ref, row.evidence, done.path, done.changed, 1, row.evidence_bytes or 0)


def version_checks(
    reader: Reader, at: int | None, found: Resolved, now: str, *, every: bool = False
) -> tuple[CheckRow, ...]:
    """Return the checks of a version by name, as they stand at the time ``now``."""
    required = _required(reader, at)
    rows: list[CheckRow] = []
    for result in select.results(reader, at, found.model, found.number or 0, newest=not every):
        superseded = bool(rows) and rows[-1].name == result[0]
        rows.append(_row(reader, found.ref, result, required.get(result[0], {}), now, superseded=superseded))
    known = {row.name for row in rows}
    rows += [
        CheckRow(ref=found.ref, name=name, result=None, state=MISSING, stages=tuple(stages))
        for name, stages in required.items()
        if name not in known
    ]
    return tuple(sorted(rows, key=lambda row: (row.name, -(row.seq or 0))))


def _row(
    reader: Reader, ref: str, found: Row, required: dict[str, RequiredCheck], now: str, *, superseded: bool
) -> CheckRow:
    name, result, expires, digest, size, seq, time, actor = found
    age = parse_stored(now) - parse_stored(time)
    stale = [
        stage for stage, rule in required.items() if rule.max_age is not None and age > timedelta(seconds=rule.max_age)
    ]
    expired = expires is not None and expires <= now
    texts = select.texts(reader, seq)
    return CheckRow(
        ref=ref,
        name=name,
        result=result,
        state="superseded" if superseded else "expired" if expired else "stale" if stale else "current",
        time=time,
        actor=actor,
        expires=expires,
        evidence=digest,
        evidence_bytes=size,
        command=texts.get("check.command"),
        outcome=texts.get("check.outcome"),
        reason=texts.get("reason"),
        seq=seq,
        stages=tuple(required),
        stale_for=() if superseded else tuple(stale),
    )


def _required(reader: Reader, at: int | None) -> dict[str, dict[str, RequiredCheck]]:
    """Return the checks that the policy asks for, by name, each with its rule in each stage."""
    rules = rules_at(reader, at)
    required: dict[str, dict[str, RequiredCheck]] = {}
    for stage in () if rules is None else rules.stages:
        for rule in stage.checks:
            required.setdefault(rule.name, {})[stage.name] = rule
    return required


def _newest(context: Context, reader: Reader, at: int | None, ref: str, name: str, time: str) -> CheckRow:
    found = version_of(reader, ref, context.say, "check show {} NAME", at)
    rows = [row for row in version_checks(reader, at, found, time) if row.result is not None]
    for row in rows:
        if row.name == name:
            return row
    message = f"{found.ref} has no check {printable(name)}"
    known = ", ".join(row.name for row in rows)
    raise NotFound(
        message, f"its checks are {known}" if known else f"modelkeep check record {quote(found.ref)} NAME pass"
    )
