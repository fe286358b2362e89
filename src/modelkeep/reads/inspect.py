"""`inspect`: what is in the files of a version, as it was recorded or as the bytes are, or in files on disk."""

from __future__ import annotations

import os

from modelkeep.context import Context
from modelkeep.domain import known_documents as known
from modelkeep.domain.answers.inspections import Inspected, Signature
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.inspections import inspection_of, signature_of, tensors_of
from modelkeep.domain.manifest import Manifest
from modelkeep.domain.refs import parse_ref, split_file_ref
from modelkeep.domain.text import is_hex
from modelkeep.errors import Damaged, NotFound, UsageError
from modelkeep.formats.inspection import Found
from modelkeep.formats.inspection import inspect as inspect_files
from modelkeep.local_path import local_path
from modelkeep.provenance.value_files import read_bytes
from modelkeep.reads import recorded
from modelkeep.reads.references import refuse_bytes_of_deleted, version_or_latest
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.content.ranged_file import LastRange, RangedFile, stored_files
from modelkeep.store.db.sql import manifests
from modelkeep.store.db.sql.facts import facts_of, time_of
from modelkeep.store.export.part import part_of, path_inside
from modelkeep.store.named_paths import name_from_disk

_MOST_INPUT = 64 << 20


def inspect(context: Context, what: str, moment: str | AsOf | None, *, fresh: bool, follow_symlinks: bool) -> Inspected:
    """Return what is in a version, in a file of one (``fraud@3/model.onnx``), or in a file or directory on disk.

    ``-`` is standard input. A text with ``@``, and a digest, is a version if there is such a one, and else a path. Another text is the path that is
    there, and else a model, whose latest version is meant.
    """
    if what == "-":
        return _answer(what, None, inspect_files([_standard_input()]))
    if not _may_be_version(what):
        local_path(what, "PATH")
    path = os.path.join(context.cwd, what)
    there = os.path.lexists(path)
    if _begins_as_path(what) or (there and not _may_be_version(what)):
        return inspect_path(context, what, follow_symlinks=follow_symlinks)
    try:
        return inspect_version(context, what, moment, fresh=fresh)
    except (NotFound, UsageError) as error:
        if there:
            return inspect_path(context, what, follow_symlinks=follow_symlinks)
        if isinstance(error, UsageError) or _may_be_version(what):
            raise
        message = f"{error.message}, and no file of that name here"
        raise NotFound(message, error.hint) from error


def _begins_as_path(what: str) -> bool:
    return what.startswith(("/", "./", "../", "~")) or what in (os.curdir, os.pardir)


def _may_be_version(what: str) -> bool:
    return "@" in what or what.startswith(("sha256:", "models:/")) or is_hex(what.lower(), 64)


def inspect_path(context: Context, what: str, *, follow_symlinks: bool = False) -> Inspected:
    """Return what is in a file or a directory, which is opened as `register` opens it."""
    from modelkeep.store.ingest.ranges import found_files
    from modelkeep.store.ingest.selection import Selection

    selection = Selection(follow_symlinks=follow_symlinks)
    with found_files([os.path.join(context.cwd, what)], selection) as files:
        return _answer(what, None, inspect_files(files))


def _standard_input() -> RangedFile:
    """Return what standard input holds as a file, which readers may read in any order; so it is kept in memory."""
    hint = f"write it to a file first: more than {_MOST_INPUT >> 20} MiB are not kept in memory"
    data = read_bytes("-", most_bytes=_MOST_INPUT, forms="modelkeep inspect FILE", if_larger=hint)
    return RangedFile("-", len(data), lambda start, length: data[start : start + length], LastRange())


def inspect_version(context: Context, ref: str, moment: str | AsOf | None, *, fresh: bool = False) -> Inspected:
    """Return what was recorded of a version, or with ``fresh`` and where nothing was, what is in its bytes."""
    reference, inner = split_file_ref(ref)
    with snapshot(context, moment) as (reader, at):
        found = version_or_latest(reader, parse_ref(reference), context.say, at)
        number = found.number or 0
        facts = facts_of(reader, at, found.model, number)
        signature = recorded.signature(reader, facts)
        inspection = recorded.inspection_document(reader, facts)
        reads_bytes = fresh or inspection is None
        if reads_bytes:
            refuse_bytes_of_deleted(reader, found.model, found.name, number)
        manifest = None
        if reads_bytes or inner is not None:
            manifest, _ = manifests.artifact(reader, found.model, number)
        since = time_of(reader, facts["inspection", ""].seq) if inspection is not None else None
    path = None if inner is None or manifest is None else path_inside(manifest, name_from_disk(inner))
    if inspection is not None and not fresh:
        digest = facts["inspection", ""].value if path is None else None
        if path is not None:
            inspection = _inside(inspection, path)
        return Inspected(
            what=ref,
            ref=found.ref,
            recorded=True,
            inspection=inspection_of(inspection, digest, since),
            signature=signature,
            tensors=tensors_of(inspection),
        )
    if manifest is None:
        message = f"{found.ref} has no manifest"
        raise Damaged(message)
    if path is not None:
        manifest, _ = part_of(manifest, path)
    return _answer(ref, found.ref, read_stored(context, manifest), signature)


def read_stored(context: Context, manifest: Manifest) -> Found:
    """Return what is in the bytes that the store has."""
    with stored_files(context.bucket, manifest.files) as files:
        return inspect_files(files)


def _inside(found: known.Inspection, path: str) -> known.Inspection:
    """Return what was found in a file of an artifact, or in the files of a directory in it."""
    files = tuple(each for each in found.files if each.path == path or each.path.startswith(f"{path}/"))
    kind = files[0].format if len({each.format for each in files}) == 1 else None
    return known.Inspection(kind=kind, files=files)


def _answer(what: str, ref: str | None, found: Found, signature: Signature | None = None) -> Inspected:
    """Return what was read now; a signature that was given counts more than that of the format."""
    if signature is None and found.interface is not None:
        signature = signature_of(found.interface)
    return Inspected(
        what=what,
        ref=ref,
        recorded=False,
        inspection=None if found.inspection is None else inspection_of(found.inspection),
        signature=signature,
        tensors=() if found.inspection is None else tensors_of(found.inspection),
    )
