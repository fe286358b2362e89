"""The reads of a registry, one function each: what was typed is resolved on one snapshot, and answered from it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.reports import AuditEntry, Diff, Identified, Identity, Lineage, Status
from modelkeep.domain.answers.versions import AsOf, Model, ModelRow, Tenure, Version, VersionRow
from modelkeep.domain.refs import Ref, parse_node, parse_ref
from modelkeep.domain.stages import StageDef
from modelkeep.domain.text import is_hex
from modelkeep.domain.times import Moment, parse_moment
from modelkeep.errors import UsageError
from modelkeep.reads import pages
from modelkeep.reads.references import stage_named, version_of, version_or_model
from modelkeep.reads.snapshot import as_of, snapshot
from modelkeep.store import backup_mark
from modelkeep.store.db.state import SqlState


def registry_id(context: Context) -> str:
    """Return the registry's own identity."""
    with snapshot(context) as (reader, _):
        return SqlState(reader).registry_id() or ""


def stages(context: Context) -> tuple[StageDef, ...]:
    """Return the stages, lowest first."""
    with snapshot(context) as (reader, _):
        return SqlState(reader).stages()


def resolve(context: Context, ref: str, moment: str | None) -> VersionRow:
    """Return the line of the version that a reference means."""
    with snapshot(context, moment) as (reader, at):
        found = version_of(reader, ref, context.say, "resolve {}", at)
        return pages.version_row(reader, at, found.model, found.number or 0)


def version(context: Context, ref: str, moment: str | None) -> Version:
    """Return all that is known of a version."""
    with snapshot(context, moment) as (reader, at):
        found = version_of(reader, ref, context.say, "show {}", at)
        return pages.version(reader, at, found.model, found.number or 0)


def model(context: Context, name: str, moment: str | None) -> Model:
    """Return a model's page."""
    with snapshot(context, moment) as (reader, at):
        found = version_or_model(reader, name, context.say, at)
        if found.number is not None:
            message = f"a name is needed, not the version {found.ref}"
            raise UsageError(message, f"modelkeep show {found.name}")
        return pages.model(reader, at, found.model)


def page(context: Context, ref: str, moment: str | None) -> Version | Model:
    """Return the page of the version or the model that a reference means."""
    with snapshot(context, moment) as (reader, at):
        found = version_or_model(reader, ref, context.say, at)
        if found.number is None:
            return pages.model(reader, at, found.model)
        return pages.version(reader, at, found.model, found.number)


def description(context: Context, ref: str, moment: str | None) -> str | None:
    """Return the description of a version or a model."""
    with snapshot(context, moment) as (reader, at):
        found = version_or_model(reader, ref, context.say, at)
        return pages.description(reader, at, found.model, found.number)


def models(
    context: Context,
    pattern: str | None,
    moment: str | None,
    *,
    everything: bool,
    limit: int | None,
) -> tuple[ModelRow, ...]:
    """Return models by name."""
    from modelkeep.reads import lists

    with snapshot(context, moment) as (reader, at):
        return lists.models(reader, at, pattern, everything=everything, limit=limit)


def versions(
    context: Context,
    name: str | None,
    moment: str | None,
    *,
    pattern: str | None,
    stage: str | None,
    sort: str | None,
    limit: int | None,
    everything: bool,
) -> tuple[VersionRow, ...]:
    """Return versions of one model, of those that match a pattern, or of all."""
    from modelkeep.reads import lists

    with snapshot(context, moment) as (reader, at):
        found = None if name is None else version_or_model(reader, name, context.say, at)
        if found is not None and found.number is not None:
            message = f"list takes a model or a pattern, not the version {found.ref}"
            raise UsageError(message, f"modelkeep show {found.ref}")
        return lists.versions(
            reader,
            at,
            model=None if found is None else found.model,
            pattern=pattern,
            stage=stage,
            sort=sort,
            limit=limit,
            everything=everything,
        )


def identify(context: Context, what: str, moment: str | None) -> tuple[Identified, ...]:
    """Return which versions a file, a directory or a digest is."""
    from modelkeep.reads import lineage as lineage_

    digests = _digests(context, what)
    with snapshot(context, moment) as (reader, at):
        return lineage_.identify(reader, digests, at)


def diff(context: Context, refs: Sequence[str]) -> Diff:
    """Return versions side by side."""
    from modelkeep.reads import diff as diff_

    parsed: list[Ref] = [parse_ref(ref) for ref in refs]
    with snapshot(context) as (reader, _):
        for ref in parsed:
            if ref.name is not None and ref.selector is None:
                context.say(f"note: {ref.name} is taken as {ref.name}@latest")
        return diff_.diff(reader, parsed)


def lineage(
    context: Context,
    node: str,
    moment: str | None,
    *,
    up: bool,
    down: bool,
    depth: int | None,
) -> Lineage:
    """Return what made a node and what was made from it."""
    from modelkeep.reads import lineage as lineage_

    parsed = parse_node(node)
    if isinstance(parsed, Ref) and parsed.name is not None and parsed.selector is None:
        context.say(f"note: {parsed.name} is taken as {parsed.name}@latest")
    with snapshot(context, moment) as (reader, at):
        return lineage_.lineage(reader, at, parsed, up=up, down=down, depth=depth)


def audit(
    context: Context,
    ref: str | None,
    *,
    since: str | None,
    until: str | None,
    actor: str | None,
    action: str | None,
    limit: int | None,
    reverse: bool,
) -> tuple[AuditEntry, ...]:
    """Return the log as sentences."""
    with snapshot(context) as (reader, _):
        about = None if ref is None else version_or_model(reader, ref, context.say)
        return pages.audit(
            reader,
            about,
            since=_moment(context, since, end=False),
            until=_moment(context, until, end=True),
            actor=actor,
            action=action,
            limit=limit,
            reverse=reverse,
        )


def history(
    context: Context,
    name: str | None,
    stage: str | None,
    moment: str | None,
    *,
    since: str | None,
    until: str | None,
) -> tuple[Tenure, ...]:
    """Return what held a stage when."""
    with snapshot(context, moment) as (reader, at):
        found = None if name is None else version_or_model(reader, name, context.say, at)
        return pages.history(
            reader,
            at,
            model=None if found is None else found.model,
            version=None if found is None else found.number,
            stage=None if stage is None else stage_named(reader, stage).name,
            since=_moment(context, since, end=False),
            until=_moment(context, until, end=True),
        )


def status(context: Context, origin: str, *, size: bool = False) -> Status:
    """Return the registry at a glance."""
    with snapshot(context) as (reader, _):
        found = pages.status(reader, context.directory, origin, size=size)
    return replace(found, backup_of=backup_mark.backup_of(context.directory))


def whoami(context: Context) -> Identity:
    """Return who the log would say this is."""
    from modelkeep.provenance import machine

    return Identity(
        user=context.account.user,
        uid=context.account.uid,
        user_namespace=context.account.user_namespace,
        claimed=context.claim(),
        host=machine.hostname() or "",
    )


def moment_of(context: Context, text: str) -> AsOf:
    """Return the last entry that a moment includes."""
    with snapshot(context) as (reader, _):
        found = as_of(reader, text, context.clock())
    if found is None:
        message = "a moment needs a text"
        raise UsageError(message)
    return found


def _digests(context: Context, what: str) -> tuple[str, ...]:
    """Return the digests to look for: of the bytes that stand there, or the one that was typed."""
    path = os.path.join(context.cwd, what)
    if os.path.lexists(path):
        from modelkeep.store.ingest.artifact import measure
        from modelkeep.store.ingest.selection import Selection

        # A view of `path`, or a snapshot of a hub's cache, is made of links.
        measured = measure([path], Selection(follow_symlinks=True))
        if measured.form == "file":
            # Under whatever name it was registered, and in whatever tree: a file is its bytes.
            return (measured.manifest.files[0].digest,)
        return (measured.manifest.digest,)
    selector = parse_ref(what).selector if what.startswith("sha256:") or is_hex(what.lower(), 64) else None
    if selector is None:
        from modelkeep.errors import NotFound

        message = f"there is no file '{what}' here, and it is no digest"
        raise NotFound(message, "modelkeep identify FILE, DIRECTORY or sha256:HEX")
    return (str(selector),)


def _moment(context: Context, text: str | None, *, end: bool) -> Moment | None:
    if text is None:
        return None
    now = context.clock()
    found = parse_moment(text, now=now, zone=now.astimezone().tzinfo or UTC, bare_date_end=end)
    context.say(f"{'until' if end else 'since'} {getattr(found, 'time', text)}")
    return found
