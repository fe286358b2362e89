"""`get` and `path`: bytes out of the store, checked, or where they can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from modelkeep.context import Context
from modelkeep.domain.answers.changes import Fetched
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.manifest import Form, Manifest
from modelkeep.domain.refs import split_file_ref
from modelkeep.reads.references import refuse_bytes_of_deleted, version_of
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import lineage, manifests
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.state import SqlState
from modelkeep.store.export.part import part_of, path_inside
from modelkeep.store.export.view import view
from modelkeep.store.named_paths import name_from_disk

STDOUT = "-"


def get(
    context: Context,
    ref: str,
    dest: str,
    *,
    force: bool,
    stdout: BinaryIO | None,
    progress: Callable[[int, int], None] | None,
    moment: str | AsOf | None,
) -> Fetched:
    """Copy an artifact out, every byte checked; see `Registry.get`."""
    from modelkeep.store.export import artifact as export  # `path` copies nothing

    reference, inner = split_file_ref(ref)
    with snapshot(context, moment) as (reader, at):
        found, manifest, form = _artifact(context, reader, reference, f"get {{}} {dest}", at)
    digest, default_name = manifest.digest, f"{found.name.rpartition('/')[2]}-{found.number}"
    if inner is not None:
        default_name = inner.rstrip("/").rpartition("/")[2]
        manifest, form = part_of(manifest, name_from_disk(inner))
    if dest == STDOUT and stdout is not None:
        export.export_stream(context.bucket, manifest, stdout)
        exported = export.Exported(STDOUT, changed=True)
    else:
        exported = export.export(
            context.bucket,
            manifest,
            form,
            dest,
            default_name=default_name,
            force=force,
            known=lambda digest: _is_version(context, digest),
            progress=progress,
        )
    return Fetched(
        ref=found.ref,
        digest=digest,
        path=exported.path,
        changed=exported.changed,
        files=len(manifest.files),
        size_bytes=manifest.size_bytes,
    )


def _is_version(context: Context, digest: str) -> bool:
    with context.database.reading() as reader:
        return bool(digest and lineage.hits(reader, None, digest))


def path(context: Context, ref: str, *, progress: Callable[[int, int], None] | None, moment: str | AsOf | None) -> str:
    """Return where an artifact can be read under its real names; see `Registry.path`."""
    reference, inner = split_file_ref(ref)
    with snapshot(context, moment) as (reader, at):
        _, manifest, form = _artifact(context, reader, reference, "path {}", at)
        registry_id = SqlState(reader).registry_id() or ""
    return view(
        context.bucket,
        manifest,
        form,
        cache_dir=context.cache_dir,
        registry_id=registry_id,
        directory=context.directory,
        inner=None if inner is None else path_inside(manifest, name_from_disk(inner)),
        progress=progress,
    )


def _artifact(
    context: Context, reader: Reader, ref: str, command: str, at: int | None
) -> tuple[Resolved, Manifest, Form]:
    """Return the version that a reference means, its manifest and its form; a note says if it is archived or bad."""
    found = version_of(reader, ref, context.say, command, at)
    number = found.number or 0
    refuse_bytes_of_deleted(reader, found.model, found.name, number)
    manifest, form = manifests.artifact(reader, found.model, number)
    version = SqlState(reader).version(found.model, number)
    if version is not None and version.archived:
        context.say(f"warning: {found.ref} is archived")
    if version is not None and version.bad:
        context.say(f"warning: {found.ref} is marked bad")
    return found, manifest, form
