"""`get` and `path`: bytes out of the store, checked, or where they can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.answers.changes import Fetched
from modelkeep.domain.manifest import Form, Manifest
from modelkeep.domain.refs import parse_file_ref
from modelkeep.domain.state import Version
from modelkeep.reads import references
from modelkeep.reads.references import version_of
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import manifests
from modelkeep.store.db.state import SqlState
from modelkeep.store.export.view import view

STDOUT = "-"


class _Artifact(Struct, frozen=True):
    name: str
    number: int
    registry_id: str
    manifest: Manifest
    form: Form
    version: Version | None

    @property
    def ref(self) -> str:
        return f"{self.name}@{self.number}"


def get(
    context: Context,
    ref: str,
    dest: str,
    *,
    force: bool,
    stdout: BinaryIO | None,
    progress: Callable[[int, int], None] | None,
    moment: str | None,
) -> Fetched:
    """Copy an artifact out, every byte checked; see `Registry.get`."""
    from modelkeep.store.export import artifact as export  # `path` copies nothing

    with snapshot(context, moment) as (reader, at):
        artifact = _artifact(context, reader, ref, f"get {{}} {dest}", at)
    manifest = artifact.manifest
    if dest == STDOUT and stdout is not None:
        export.export_stream(context.bucket, manifest, stdout)
        exported = export.Exported(STDOUT, changed=True)
    else:
        exported = export.export(
            context.bucket,
            manifest,
            artifact.form,
            dest,
            default_name=f"{artifact.name.rpartition('/')[2]}-{artifact.number}",
            force=force,
            progress=progress,
        )
    return Fetched(
        ref=artifact.ref,
        digest=manifest.digest,
        path=exported.path,
        changed=exported.changed,
        files=len(manifest.files),
        size_bytes=manifest.size_bytes,
    )


def path(context: Context, ref: str, *, moment: str | None) -> str:
    """Return where an artifact can be read under its real names; see `Registry.path`."""
    parsed, inner = parse_file_ref(ref)
    with snapshot(context, moment) as (reader, at):
        artifact = _artifact(context, reader, parsed.text, "path {}", at)
    return view(
        context.bucket,
        artifact.manifest,
        artifact.form,
        cache_dir=context.cache_dir,
        registry_id=artifact.registry_id,
        inner=inner,
    )


def _artifact(
    context: Context,
    reader: Reader,
    ref: str,
    command: str,
    at: int | None,
) -> _Artifact:
    found = version_of(reader, ref, context.say, command, at)
    number = found.number or 0
    references.refuse_bytes(reader, found.model, found.name, number)
    state = SqlState(reader)
    manifest, form = manifests.artifact(reader, found.model, number)
    version = state.version(found.model, number)
    artifact = _Artifact(found.name, number, state.registry_id() or "", manifest, form, version)
    if version is not None and version.archived:
        context.say(f"warning: {artifact.ref} is archived")
    if version is not None and version.bad:
        context.say(f"warning: {artifact.ref} is marked bad")
    return artifact
