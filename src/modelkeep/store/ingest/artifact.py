"""Taking an artifact in: files, directories or standard input become blobs and one manifest.

Each source is read once; it is hashed as it is written, and must be after that what it was before.
Nothing is visible in the store before all of it is durable, and nothing at all when one file is refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import is_
from typing import BinaryIO, Literal

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.store.bucket.batch_interface import Asking
from modelkeep.store.content.adding import Adding
from modelkeep.store.content.artifacts import Artifacts
from modelkeep.store.content.workers import Progress
from modelkeep.store.ingest.artifact_paths import file_name, name_all
from modelkeep.store.ingest.move import check_move, foretell, remove
from modelkeep.store.ingest.read_files import Known, Tell, read_all
from modelkeep.store.ingest.selection import Globs, Selection, refuse_secret, secret_bytes, secret_name
from modelkeep.store.ingest.source import Source, changed
from modelkeep.store.ingest.walk import Found, Named, find
from modelkeep.store.os_errors import explain_source_errors

__all__ = ["Ingested", "Selection", "Swept", "Taken", "ingest", "measure", "taking"]

STDIN = "-"
_MANY = 16


class Ingested(Struct, frozen=True):
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


class Taken(Struct, frozen=True):
    """An artifact that was taken in, durably, while its drafts are still at hand.

    ``damaged`` are contents that were there before and are not right; see ``let_go``.
    """

    ingested: Ingested
    adding: Adding
    typed: Sequence[str] = ()
    moving: Sequence[Source] = ()
    damaged: frozenset[str] = frozenset()

    def put_back(self, files: Iterable[ManifestFile]) -> None:
        """See under the database's write lock that all bytes are in their place; some may have been swept away.

        What is not at hand and must be read again raises ``Swept``, a file that was written to where it stands
        ``Conflict``.
        """
        self._require_unwritten()
        for file in self.adding.absent(files):
            if not self.adding.put_back(file.digest):
                raise Swept(file.digest)

    def let_go(self) -> tuple[str, ...]:
        """Remove what was to be moved, once it is registered; say what was, and what stays.

        Nothing else comes between: until the names outside are gone, somebody may write to what is registered.
        """
        if not self.moving:
            return ()
        self.adding.let_go()
        digests = {file.path: file.digest for file in self.ingested.manifest.files}
        going = [source for source in self.moving if digests[source.path] not in self.damaged]
        gone = remove(self.typed, going)
        written = self.adding.written()
        still = self.adding.part() - written
        stay = [_last_copy(source.shown) for source in self.moving if digests[source.path] in self.damaged]
        stay += [_still_shared(source.shown) for source in going if digests[source.path] in still]
        lost = [_written_to(source.shown) for source in going if digests[source.path] in written]
        return (*lost, *stay, *gone)

    def _require_unwritten(self) -> None:
        if self.moving and (written := self.adding.written()):
            digests = {file.path: file.digest for file in self.ingested.manifest.files}
            raise changed(next(source.shown for source in self.moving if digests[source.path] in written))


class Swept(Exception):
    """Bytes that were there when they were taken in were swept away before anything relied on them."""


@contextmanager
def taking(
    artifacts: Artifacts,
    paths: Sequence[str],
    selection: Selection,
    *,
    stdin: BinaryIO | None = None,
    known: Known | None = None,
    asking: Asking | None = None,
    progress: Tell | None = None,
) -> Iterator[Taken]:
    """Take in what stands at some paths; ``-`` is standard input. The block is to last until it is registered.

    One directory is its contents, one file the file under its base name (or ``selection.filename``),
    several are the files and directories by their names. In the block, all bytes are durable. ``known``
    is asked which contents of some sizes there are, so that one of those is not copied in vain.
    ``asking``, which asks what is needed, tells that all will be removed by ``Taken.let_go``; where the
    block is left by an error, each file is what it was, and nothing of it is in the store.

    Raises ``NotFound`` for a path that is not there; ``UsageError`` for names, links, devices and
    secrets that are refused and for sources that may not be read; ``Conflict`` for a source that
    changed while it was read; ``RegistryUnavailable`` when the store has no space or lets nobody in;
    ``IntegrityError`` when what stands in the place of a content is no file.
    """
    if STDIN in paths:
        with artifacts.adding() as adding:
            yield Taken(_ingest_stdin(adding, paths, selection, stdin, progress), adding)
        return
    named = name_all(paths, selection)
    found = find(named, selection, secrets=False)
    move = asking is not None
    if move:
        check_move(paths, found.sources, selection)
    with artifacts.adding(many=len(found.sources) > _MANY) as adding, _withdrawn(adding, asking):
        files = read_all(found, adding, known, progress, move=move)
        manifest = Manifest.of(files)
        _require_same(found, named, selection, secrets=False, moved=move)
        form = _form(paths)
        new_bytes = adding.commit()
        ingested = _ingested(manifest, form, found, new_bytes, adding.repaired)
        if move:
            # A damaged copy looks like a good one until it is read; not later, see `Taken.let_go`.
            yield Taken(ingested, adding, paths, found.sources, adding.damaged(files))
        else:
            yield Taken(ingested, adding)


@contextmanager
def _withdrawn(adding: Adding, asking: Asking | None) -> Iterator[None]:
    """Let the store share no file with anybody, where it was not registered in the end."""
    try:
        yield
    except BaseException:
        if asking is not None:
            adding.withdraw(asking)
        raise


def ingest(
    artifacts: Artifacts,
    paths: Sequence[str],
    selection: Selection,
    *,
    stdin: BinaryIO | None = None,
    known: Known | None = None,
    progress: Tell | None = None,
) -> Ingested:
    """Take in what stands at some paths, as ``taking`` does, with nothing that must last longer."""
    with taking(artifacts, paths, selection, stdin=stdin, known=known, progress=progress) as taken:
        return taken.ingested


def measure(
    paths: Sequence[str],
    selection: Selection,
    *,
    secrets: bool = True,
    move: bool = False,
    progress: Tell | None = None,
) -> Ingested:
    """Return what ``ingest`` would take in, without a store: files are read and hashed, nothing is written.

    Files of secrets are no reason to refuse, for nothing is kept of them; without ``secrets`` they
    are, as in ``ingest`` (a dry run must say what the real one will). Errors are those of ``ingest``.
    The digest of a single file is ``measure(...).manifest.files[0].digest``.
    """
    named = name_all(paths, selection)
    found = find(named, selection, secrets=secrets)
    if move:
        check_move(paths, found.sources, selection)
    manifest = Manifest.of(read_all(found, None, None, progress))
    _require_same(found, named, selection, secrets=secrets)
    ingested = _ingested(manifest, _form(paths), found, 0)
    return replace(ingested, notes=(*ingested.notes, *foretell(paths, found.sources))) if move else ingested


def _ingested(
    manifest: Manifest, form: Literal["file", "tree"], found: Found, new_bytes: int, repaired: Iterable[str] = ()
) -> Ingested:
    newest = max(source.stamp.modified_ns for source in found.sources)
    notes = (*found.notes(), *_mended(repaired))
    return Ingested(manifest, form, found.links > 0, newest, notes, manifest.size_bytes, new_bytes)


def _mended(repaired: Iterable[str]) -> Iterator[str]:
    for digest in repaired:
        yield f"the store's copy of {digest} was damaged, and is whole again"


def _require_same(before: Found, named: Named, selection: Selection, *, secrets: bool, moved: bool = False) -> None:
    """Look again: a file that came, went or changed while the others were read makes it another artifact."""
    try:
        after = find(named, selection, secrets=secrets, before=before, moved=moved)
    except NotFound as error:
        raise changed(", ".join(printable(root) for root, _ in named)) from error
    if len(before.sources) == len(after.sources) and all(map(is_, before.sources, after.sources)):
        return
    one, other = ({_identity(source, moved=moved): source for source in found.sources} for found in (before, after))
    differing = one.keys() ^ other.keys()
    if differing:
        raise changed(min((one | other)[each].shown for each in differing))


def _identity(source: Source, *, moved: bool) -> tuple[str | int, ...]:
    """Return what makes a file another one; a second name and another mode change the last of its times."""
    stamp = source.stamp
    last = 0 if moved else stamp.changed_ns
    return source.path, source.root, source.inner, stamp.device, stamp.inode, stamp.size, stamp.modified_ns, last


def _last_copy(shown: str) -> str:
    return f"warning: '{shown}' stays: the store's copy is damaged: modelkeep verify --bytes --repair {shown}"


def _written_to(shown: str) -> str:
    return f"warning: '{shown}' was written to while it was moved in: what is registered is damaged: modelkeep verify"


def _still_shared(shown: str) -> str:
    return f"warning: '{shown}' stays, and who writes to it changes the registered bytes: modelkeep gc"


def _form(paths: Sequence[str]) -> Literal["file", "tree"]:
    return "tree" if len(paths) > 1 or os.path.isdir(paths[0]) else "file"


def _ingest_stdin(
    adding: Adding, paths: Sequence[str], selection: Selection, stdin: BinaryIO | None, tell: Tell | None
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
    name = file_name(selection.filename)
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

    with explain_source_errors(STDIN):
        content = adding.take(stdin, look, once=True)
    new_bytes = adding.commit()
    notes = (*_mended(adding.repaired), *(() if content.size else ("standard input was empty",)))
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
