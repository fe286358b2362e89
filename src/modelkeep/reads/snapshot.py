"""The way every read goes: one connection, one moment, one answer; references resolved on the way."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.records import AuditEntry, Identity, Status
from modelkeep.domain.answers.relations import Diff, Identified, Lineage
from modelkeep.domain.answers.versions import AsOf, Model, ModelRow, Tenure, Version, VersionRow
from modelkeep.domain.refs import Ref, parse_node, parse_ref
from modelkeep.domain.text import is_hex
from modelkeep.domain.times import Moment, parse_moment
from modelkeep.errors import UsageError
from modelkeep.reads import details
from modelkeep.reads.head_check import check_head
from modelkeep.reads.moments import as_of
from modelkeep.reads.references import stage_named, version_of, version_or_model
from modelkeep.store import backup_mark
from modelkeep.store.db.sql.statement import Connection


@contextmanager
def asking(context: Context, moment: str | None = None) -> Iterator[tuple[Connection, AsOf | None]]:
    """Yield a connection and the moment the answer is about; tell of a log that lost its end."""
    with context.database.reading() as connection:
        check_head(context, connection)
        yield connection, as_of(connection, moment, context.clock(), context.say)


def resolve(context: Context, ref: str, moment: str | None) -> VersionRow:
    """Return the line of the version that a reference means."""
    with asking(context, moment) as (connection, at):
        found = version_of(connection, ref, context.say, "resolve {}", at)
        return details.version_row(connection, _seq(at), found.model, found.number or 0)


def version(context: Context, ref: str, moment: str | None) -> Version:
    """Return all that is known of a version."""
    with asking(context, moment) as (connection, at):
        found = version_of(connection, ref, context.say, "show {}", at)
        return details.version(connection, _seq(at), found.model, found.number or 0)


def model(context: Context, name: str, moment: str | None) -> Model:
    """Return a model's page."""
    with asking(context, moment) as (connection, at):
        found = version_or_model(connection, name, context.say, at)
        return details.model(connection, _seq(at), found.model)


def page(context: Context, ref: str, moment: str | None) -> Version | Model:
    """Return the page of the version or the model that a reference means."""
    with asking(context, moment) as (connection, at):
        found = version_or_model(connection, ref, context.say, at)
        if found.number is None:
            return details.model(connection, _seq(at), found.model)
        return details.version(connection, _seq(at), found.model, found.number)


def description(context: Context, ref: str, moment: str | None) -> str | None:
    """Return the description of a version or a model."""
    with asking(context, moment) as (connection, at):
        found = version_or_model(connection, ref, context.say, at)
        return details.description(connection, _seq(at), found.model, found.number)


def models(
    context: Context,
    pattern: str | None,
    moment: str | None,
    *,
    everything: bool,
    limit: int | None,
) -> tuple[ModelRow, ...]:
    """Return models by name."""
    with asking(context, moment) as (connection, at):
        return details.models(connection, _seq(at), pattern, everything=everything, limit=limit)


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
    with asking(context, moment) as (connection, at):
        found = None if name is None else version_or_model(connection, name, context.say, at)
        if found is not None and found.number is not None:
            message = f"list takes a model or a pattern, not the version {found.ref}"
            raise UsageError(message, f"modelkeep show {found.ref}")
        return details.versions(
            connection,
            _seq(at),
            model=None if found is None else found.model,
            pattern=pattern,
            stage=stage,
            sort=sort,
            limit=limit,
            everything=everything,
        )


def identify(context: Context, what: str, moment: str | None) -> tuple[Identified, ...]:
    """Return which versions a file, a directory or a digest is."""
    digests = _digests(context, what)
    with asking(context, moment) as (connection, at):
        return details.identify(connection, digests, _seq(at))


def diff(context: Context, refs: Sequence[str]) -> Diff:
    """Return versions side by side."""
    parsed: list[Ref] = [parse_ref(ref) for ref in refs]
    with asking(context) as (connection, _):
        for ref in parsed:
            if ref.name is not None and ref.selector is None:
                context.say(f"note: {ref.name} is taken as {ref.name}@latest")
        return details.diff(connection, parsed)


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
    parsed = parse_node(node)
    if isinstance(parsed, Ref) and parsed.name is not None and parsed.selector is None:
        context.say(f"note: {parsed.name} is taken as {parsed.name}@latest")
    with asking(context, moment) as (connection, at):
        return details.lineage(connection, _seq(at), parsed, up=up, down=down, depth=depth)


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
    with asking(context) as (connection, _):
        about = None if ref is None else version_or_model(connection, ref, context.say)
        return details.audit(
            connection,
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
    with asking(context, moment) as (connection, at):
        found = None if name is None else version_or_model(connection, name, context.say, at)
        return details.history(
            connection,
            _seq(at),
            model=None if found is None else found.model,
            version=None if found is None else found.number,
            stage=None if stage is None else stage_named(connection, stage).name,
            since=_moment(context, since, end=False),
            until=_moment(context, until, end=True),
        )


def status(context: Context, origin: str, *, size: bool = False) -> Status:
    """Return the registry at a glance."""
    with asking(context) as (connection, _):
        found = details.status(connection, context.directory, origin, size=size)
    return replace(found, backup_of=backup_mark.backup_of(context.directory))


def whoami(context: Context) -> Identity:
    """Return who the log would say this is."""
    from modelkeep.provenance import machine

    return Identity(
        user=context.actor.user,
        uid=context.actor.uid,
        user_namespace=context.actor.user_namespace,
        claimed=context.claim(),
        host=machine.hostname() or "",
    )


def moment_of(context: Context, text: str) -> AsOf:
    """Return the last entry that a moment includes."""
    with asking(context) as (connection, _):
        found = as_of(connection, text, context.clock())
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


def _seq(at: AsOf | None) -> int | None:
    return None if at is None else at.seq
