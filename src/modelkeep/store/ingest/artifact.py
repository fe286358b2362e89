"""Ingest: files, directories or standard input become contents in the store and one manifest.

Each source is read once; it is hashed as it is written, and must be after that what it was before.
Nothing is visible in the store before all of it is durable, and nothing at all when one file is refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.domain.manifest import Manifest, ManifestFile, check_path
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.hashing import Content, content_of_bytes, content_of_file
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.content.writer import ContentWriter
from modelkeep.store.ingest.move import check_move, predict_removal
from modelkeep.store.ingest.selection import Globs, Selection, refuse_secret, secret_bytes, secret_name
from modelkeep.store.ingest.source import Source, SourceOpener, changed, require_unchanged
from modelkeep.store.ingest.walk import Found, Named, find
from modelkeep.store.named_paths import name_from_disk
from modelkeep.store.os_errors import explain_source_errors, source_error

__all__ = ["Ingested", "Selection", "ingest", "measure"]

STDIN = "-"
#: From so many files on, one sync of the file system takes less time than one of each.
_MANY = 16
#: Called with the bytes that are done and the bytes there are (0: unknown), from any thread.
Report: TypeAlias = Callable[[int, int], None]
#: Returns which contents of some sizes in bytes the store has, by size; a few of each will do.
ContentsOfSizes: TypeAlias = Callable[[Collection[int]], Mapping[int, Sequence[str]]]
_HEADER_BYTES = 65_536
#: What is shorter is read whole: it is hashed before anything is written, and written from memory.
_IN_MEMORY = 1024 * 1024


class Ingested(Struct, frozen=True):
    """An artifact that was ingested, or measured.

    ``symlinks``: files were copied that symbolic links led to. ``newest_mtime_ns``: of its files, in
    nanoseconds since 1970, None for standard input. ``new_bytes``: what the store did not hold before.
    ``sources``: the files that were read.
    """

    manifest: Manifest
    form: Literal["file", "tree"]
    symlinks: bool
    newest_mtime_ns: int | None
    notes: tuple[str, ...]
    size_bytes: int
    new_bytes: int
    sources: tuple[Source, ...] = ()


def ingest(
    bucket: Bucket,
    paths: Sequence[str],
    selection: Selection,
    *,
    stdin: BinaryIO | None = None,
    stored: ContentsOfSizes | None = None,
    move: bool = False,
    progress: Report | None = None,
) -> Ingested:
    """Copy what stands at some paths into the store, durably; ``-`` is standard input.

    One directory is its contents, one file the file under its base name (or ``selection.filename``),
    several are the files and directories by their names. ``stored`` returns which contents of some sizes
    the store has, so that one of those is not copied in vain. ``move`` refuses what could not be removed later.

    Raises ``NotFound`` for a path that is not there; ``UsageError`` for names, links, devices and
    secrets that are refused and for sources that may not be read; ``Conflict`` for a source that
    changed while it was read; ``RegistryUnavailable`` when the store has no space or may not be written;
    ``IntegrityError`` when what stands in the place of a content is no file.
    """
    if STDIN in paths:
        with ContentWriter(bucket) as writer:
            return _ingest_stdin(writer, paths, selection, stdin, progress)
    found = _find(paths, selection, secrets=False, move=move)
    with ContentWriter(bucket, many=len(found.sources) > _MANY) as writer:
        manifest = Manifest.of(read_all(found, writer, stored, progress))
        _require_unchanged(found, paths, selection, secrets=False)
        return _ingested(manifest, paths, found, writer.commit(), writer.repaired)


def measure(
    paths: Sequence[str],
    selection: Selection,
    *,
    secrets: bool = True,
    move: bool = False,
    progress: Report | None = None,
) -> Ingested:
    """Return what ``ingest`` would, without a store: files are read and hashed, nothing is written.

    Files of secrets are no reason to refuse, for nothing is kept of them; without ``secrets`` they
    are, as in ``ingest`` (a dry run must refuse what the real one will). Errors are those of ``ingest``.
    The digest of a single file is ``measure(...).manifest.files[0].digest``.
    """
    found = _find(paths, selection, secrets=secrets, move=move)
    manifest = Manifest.of(read_all(found, None, None, progress))
    _require_unchanged(found, paths, selection, secrets=secrets)
    ingested = _ingested(manifest, paths, found, 0)
    return replace(ingested, notes=(*ingested.notes, *predict_removal(paths, found.sources))) if move else ingested


def _find(paths: Sequence[str], selection: Selection, *, secrets: bool, move: bool) -> Found:
    """Return the files of an artifact; names that cannot stand together, and files that cannot be moved, are refused."""
    found = find(name_all(paths, selection), selection, secrets=secrets)
    Manifest.of(ManifestFile("", source.path, source.stamp.size) for source in found.sources)
    if move:
        check_move(paths, found.sources, selection)
    return found


def _ingested(
    manifest: Manifest, paths: Sequence[str], found: Found, new_bytes: int, repaired: Iterable[str] = ()
) -> Ingested:
    return Ingested(
        manifest,
        "tree" if len(paths) > 1 or os.path.isdir(paths[0]) else "file",
        symlinks=found.links > 0,
        newest_mtime_ns=max(source.stamp.modified_ns for source in found.sources),
        notes=(*found.notes(), *_repaired(repaired)),
        size_bytes=manifest.size_bytes,
        new_bytes=new_bytes,
        sources=tuple(found.sources),
    )


def _repaired(digests: Iterable[str]) -> Iterator[str]:
    for digest in digests:
        yield f"the store's copy of {digest} was damaged, and is replaced"


def _require_unchanged(before: Found, paths: Sequence[str], selection: Selection, *, secrets: bool) -> None:
    """Look again: a file that came, went or changed while the others were read makes it another artifact."""
    try:
        after = find(name_all(paths, selection), selection, secrets=secrets)
    except NotFound as error:
        raise changed(", ".join(map(printable, paths))) from error
    differing = set(before.sources) ^ set(after.sources)
    if differing:
        raise changed(min(source.shown for source in differing))


def _ingest_stdin(
    writer: ContentWriter, paths: Sequence[str], selection: Selection, stdin: BinaryIO | None, report: Report | None
) -> Ingested:
    if len(paths) > 1:
        message = "- (standard input) is one file and stands alone"
        raise UsageError(message)
    if selection.filename is None:
        message = "standard input has no name"
        raise UsageError(message, "modelkeep register NAME - --filename model.onnx")
    if stdin is None:
        message = "there is no standard input to read"
        raise UsageError(message)
    name = _file_name(selection.filename)
    guarded = not Globs(selection.include).match(name)
    if guarded and (what := secret_name(name)):
        raise refuse_secret(STDIN, name, what)
    progress = Progress(0, report)
    first = True

    def look(data: memoryview) -> None:
        nonlocal first
        if first and guarded and (what := secret_bytes(data)):
            raise refuse_secret(STDIN, name, what)
        first = False
        progress.add(len(data))

    with explain_source_errors(STDIN):
        content = writer.add_stream(stdin, look)
    new_bytes = writer.commit()
    notes = (*_repaired(writer.repaired), *(() if content.size else ("standard input was empty",)))
    return Ingested(
        Manifest.of([ManifestFile(content.digest, name, content.size)]),
        "file",
        symlinks=False,
        newest_mtime_ns=None,
        notes=notes,
        size_bytes=content.size,
        new_bytes=new_bytes,
    )


def name_all(paths: Sequence[str], selection: Selection) -> Named:
    """Give each typed path its name in the artifact; None for the one directory whose contents it is."""
    if not paths or not all(paths):
        message = "an empty path" if paths else "no path: an artifact needs at least one file"
        raise UsageError(message, "modelkeep register NAME PATH")
    if selection.filename is not None:
        if len(paths) > 1 or os.path.isdir(paths[0]):
            message = f"--filename {printable(selection.filename)!r} names one file, and this is more"
            raise UsageError(message)
        return [(paths[0], _file_name(selection.filename))]
    if len(paths) == 1:
        return [(paths[0], None if os.path.isdir(paths[0]) else name_from_disk(os.path.basename(paths[0])))]
    named: dict[str, str] = {}
    for path in paths:
        name = name_from_disk(os.path.basename(os.path.abspath(path)))
        if name in named:
            message = f"'{printable(named[name])}' and '{printable(path)}' would both be '{printable(name)}'"
            raise UsageError(message, "register the directory they are in, or give one of them another name")
        named[name] = path
    return [(path, name) for name, path in named.items()]


def _file_name(name: str) -> str:
    """Return the name that ``--filename`` gives, if one file can bear it."""
    if "/" in name:
        message = f"--filename {printable(name)!r} is a path; it takes a name without '/'"
        raise UsageError(message, f"--filename {printable(name.rpartition('/')[2])!r}")
    return check_path(name_from_disk(name))


def read_all(
    found: Found, writer: ContentWriter | None, stored: ContentsOfSizes | None, report: Report | None
) -> list[ManifestFile]:
    """Read all files that were found, into the store or only to hash them; errors are those of ``ingest``."""
    progress = Progress(sum(source.stamp.size for source in found.sources), report)
    large = {source.stamp.size for source in found.sources if source.stamp.size >= _IN_MEMORY}
    same_size = stored(large) if stored is not None and large else {}

    def read(source: Source) -> ManifestFile:
        size = source.stamp.size
        descriptor = opener.open(source)
        try:
            if size < _IN_MEMORY:
                content = _read_small(source, descriptor, writer)
                progress.add(content.size)
            else:
                content = read_large(source, descriptor)
            require_unchanged(source, descriptor)
        except OSError as error:
            raise source_error(error, source.shown) from error
        finally:
            os.close(descriptor)
        if content.size != size:
            raise changed(source.shown)
        return ManifestFile(content.digest, source.path, content.size, source.executable)

    def read_large(source: Source, descriptor: int) -> Content:
        size = source.stamp.size
        _require_no_secret(source, os.pread(descriptor, _HEADER_BYTES, 0))
        if writer is None:
            return content_of_file(descriptor, size, progress.add)
        return writer.add_file(descriptor, size, progress.add, same_size.get(size, ()))

    with SourceOpener(found.sources) as opener:
        return each(read, found.sources, progress)


def _read_small(source: Source, descriptor: int, writer: ContentWriter | None) -> Content:
    """Read a file that fits into memory."""
    size = source.stamp.size
    data = os.read(descriptor, size + 1)  # a file of /proc is longer than it says
    if len(data) != size:
        raise changed(source.shown)
    _require_no_secret(source, data)
    return content_of_bytes(data) if writer is None else writer.add_bytes(data)


def _require_no_secret(source: Source, first: bytes) -> None:
    if source.guarded and (what := secret_bytes(first)):
        raise refuse_secret(source.shown, source.inner or source.path, what)
