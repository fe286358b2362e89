"""Taking an artifact in: files, directories or standard input become blobs and one manifest.

Each source is read once; it is hashed as it is written, and must be after that what it was before.
Nothing is visible in the store before all of it is durable, and nothing at all when one file is refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import BinaryIO, Literal

from modelkeep.domain.manifest import Manifest, ManifestFile, check_path
from modelkeep.domain.quick import dataclass
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.store.artifacts import Adding, Artifacts, Content, content_of
from modelkeep.store.selection import Globs, Selection, refuse_secret, secret_bytes, secret_name
from modelkeep.store.source import Source, changed, open_source, require_unchanged
from modelkeep.store.troubles import of_the_source
from modelkeep.store.walk import Found, Named, find
from modelkeep.store.workers import Progress, each

__all__ = ["Ingested", "Selection", "ingest", "measure"]

STDIN = "-"
_MANY = 16

#: Told how many bytes are done and how many there are (0 when nobody knows), from any thread.
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Ingested:
    """An artifact as it was taken in (or measured).

    ``symlinks``: files were copied that symbolic links led to. ``newest_mtime_ns``: of its files, in
    nanoseconds since 1970, None for standard input. ``new_bytes``: what the store did not hold before.
    """

    manifest: Manifest
    form: Literal["file", "tree"]
    symlinks: bool
    newest_mtime_ns: int | None
    notes: tuple[str, ...]
    size_bytes: int
    new_bytes: int


def ingest(
    artifacts: Artifacts,
    paths: Sequence[str],
    selection: Selection,
    *,
    stdin: BinaryIO | None = None,
    progress: Tell | None = None,
) -> Ingested:
    """Take in what stands at some paths; ``-`` is standard input.

    One directory is its contents, one file the file under its base name (or ``selection.filename``),
    several are the files and directories by their names. When this returns, all bytes are durable.

    Raises ``NotFound`` for a path that is not there; ``UsageError`` for names, links, devices and
    secrets that are refused and for sources that may not be read; ``Conflict`` for a source that
    changed while it was read; ``RegistryUnavailable`` when the store has no space or lets nobody in;
    ``IntegrityError`` when the store's own copy of a content is damaged.
    """
    if STDIN in paths:
        return _ingest_stdin(artifacts, paths, selection, stdin, progress)
    named = _named(paths, selection)
    found = find(named, selection, secrets=False)
    with artifacts.adding(many=len(found.sources) > _MANY) as adding:
        files = _read(found, adding, progress)
        manifest = Manifest.of(files)
        _require_same(found, named, selection, secrets=False)
        new_bytes = adding.commit()
    return _ingested(manifest, _form(paths), found, new_bytes)


def measure(
    paths: Sequence[str], selection: Selection, *, secrets: bool = True, progress: Tell | None = None
) -> Ingested:
    """Return what ``ingest`` would take in, without a store: files are read and hashed, nothing is written.

    Files of secrets are no reason to refuse, for nothing is kept of them; without ``secrets`` they
    are, as in ``ingest`` (a dry run must say what the real one will). Errors are those of ``ingest``.
    The digest of a single file is ``measure(...).manifest.files[0].digest``.
    """
    named = _named(paths, selection)
    found = find(named, selection, secrets=secrets)
    manifest = Manifest.of(_read(found, None, progress))
    _require_same(found, named, selection, secrets=secrets)
    return _ingested(manifest, _form(paths), found, 0)


def _ingested(manifest: Manifest, form: Literal["file", "tree"], found: Found, new_bytes: int) -> Ingested:
    newest = max(source.stamp.modified_ns for source in found.sources)
    return Ingested(manifest, form, found.links > 0, newest, found.notes(), manifest.size_bytes, new_bytes)


def _read(found: Found, adding: Adding | None, tell: Tell | None) -> list[ManifestFile]:
    progress = Progress(sum(source.stamp.size for source in found.sources), tell)

    def read(source: Source) -> ManifestFile:
        seen = 0

        def look(data: memoryview) -> None:
            nonlocal seen
            if not seen and source.guarded and (what := secret_bytes(data)):
                raise refuse_secret(source.shown, source.inner or source.path, what)
            seen += len(data)
            if seen > source.stamp.size:  # it grows: do not run after it until the disk is full
                raise changed(source.shown)
            progress.add(len(data))

        with open_source(source) as stream, of_the_source(source.shown):
            content: Content = content_of(stream, look) if adding is None else adding.take(stream, look)
            require_unchanged(source, stream)
        if content.size != source.stamp.size:
            raise changed(source.shown)
        return ManifestFile(content.digest, source.path, content.size)

    return each(read, found.sources, progress)


def _require_same(before: Found, named: Named, selection: Selection, *, secrets: bool) -> None:
    """Look again: a file that came, went or changed while the others were read makes it another artifact."""
    try:
        after = find(named, selection, secrets=secrets)
    except NotFound as error:
        raise changed(", ".join(printable(root) for root, _ in named)) from error
    if before.sources != after.sources:
        differing = set(before.sources) ^ set(after.sources)
        raise changed(min(source.shown for source in differing))


def _form(paths: Sequence[str]) -> Literal["file", "tree"]:
    return "tree" if len(paths) > 1 or os.path.isdir(paths[0]) else "file"


def _named(paths: Sequence[str], selection: Selection) -> Named:
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
        return [(paths[0], None if os.path.isdir(paths[0]) else os.path.basename(paths[0]))]
    named: dict[str, str] = {}
    for path in paths:
        name = os.path.basename(os.path.abspath(path))
        if name in named:
            message = f"'{printable(named[name])}' and '{printable(path)}' would both be '{printable(name)}'"
            raise UsageError(message, "register the directory they are in, or give one of them another name")
        named[name] = path
    return [(path, name) for name, path in named.items()]


def _file_name(name: str) -> str:
    if "/" in name:
        message = f"--filename {printable(name)!r} is a path; it takes a name without '/'"
        raise UsageError(message, f"--filename {printable(name.rpartition('/')[2])!r}")
    return check_path(name)


def _ingest_stdin(
    artifacts: Artifacts, paths: Sequence[str], selection: Selection, stdin: BinaryIO | None, tell: Tell | None
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
    progress = Progress(0, tell)
    first = True

    def look(data: memoryview) -> None:
        nonlocal first
        if first and guarded and (what := secret_bytes(data)):
            raise refuse_secret(STDIN, name, what)
        first = False
        progress.add(len(data))

    with artifacts.adding() as adding, of_the_source(STDIN):
        content = adding.take(stdin, look)
        new_bytes = adding.commit()
    notes = () if content.size else ("standard input was empty",)
    manifest = Manifest.of([ManifestFile(content.digest, name, content.size)])
    return Ingested(
        manifest,
        "file",
        symlinks=False,
        newest_mtime_ns=None,
        notes=notes,
        size_bytes=content.size,
        new_bytes=new_bytes,
    )
