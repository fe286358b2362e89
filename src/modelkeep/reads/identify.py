"""`identify`: which versions have some bytes, and which stages those versions held."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from shlex import quote

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.answers.reports import Identified
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.dataset_names import data_name
from modelkeep.domain.manifest import ManifestFile
from modelkeep.domain.refs import parse_digest, parse_ref
from modelkeep.domain.text import is_hex, printable
from modelkeep.errors import NotFound
from modelkeep.reads.deployments import of_version
from modelkeep.reads.snapshot import snapshot
from modelkeep.rendering import counted
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import graph, history, lineage
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.version_states import stages, standing

#: How many files of a directory are looked up to find the nearest version, and how many versions of each.
_MOST_FILES, _MOST_VERSIONS = 500, 200
_FILES_NAMED = 3


def identify(
    context: Context, what: str, moment: str | AsOf | None, exclude: Sequence[str] = ()
) -> tuple[Identified, ...]:
    """Return a line for each tenure of each version that has these bytes, and one for those that never held a stage.

    What holds a stage now comes first, the highest stage first. ``what`` is a path, or the digest of a version or of a
    file in one, of 8 to 64 hex digits; of a directory the files that match ``exclude`` are left out. For a directory
    that no version is, the error names the nearest version and what differs.
    """
    digest, files = _bytes_of(context, what, exclude)
    with snapshot(context, moment) as (reader, at):
        hits = lineage.hits(reader, at, str(parse_digest(digest)))
        if not hits:
            raise _not_found(reader, at, what, digest, files)
        found: list[Identified] = []
        for model, number, file, full in hits:
            ref = f"{name_of(reader, at, model)}@{number}"
            state = standing(reader, at, model, number, number).state(number)
            held = history.tenures(reader, at, model=model, version=number)
            runs = tuple(row.target for row in of_version(reader, at, model, number))
            if not held:
                found.append(Identified(ref, None, None, None, state, file, full, runs_at=runs))
            for tenure in reversed(held):
                # A tenure that is over says nothing of the stages that the version holds now.
                was = "superseded" if tenure.until is not None and state == "active" else state
                times = (tenure.since, tenure.until)
                found.append(Identified(ref, tenure.stage, *times, was, file, full, tenure.share, runs))
        ranks = {stage.name: rank for rank, stage in enumerate(stages(reader, at), start=1)}
        return tuple(sorted(found, key=lambda row: 0 if row.until else -ranks.get(row.stage or "", 0)))


def _bytes_of(context: Context, what: str, exclude: Sequence[str]) -> tuple[str, Sequence[ManifestFile]]:
    """Return the digest to look for, of the bytes that stand there or the one that was typed, and a directory's files."""
    path = os.path.join(context.cwd, what)
    if os.path.lexists(path):
        from modelkeep.store.ingest.artifact import measure
        from modelkeep.store.ingest.selection import Selection

        # A view of `path`, or a snapshot of a hub's cache, is made of links.
        measured = measure([path], Selection(tuple(exclude), follow_symlinks=True))
        # Under whatever name it was registered, and in whatever tree: a file is its bytes.
        if measured.form == "file":
            return measured.manifest.files[0].digest, ()
        return measured.manifest.digest, measured.manifest.files
    selector = parse_ref(what).selector if what.startswith("sha256:") or is_hex(what.lower(), 64) else None
    if selector is None:
        message = f"there is no file '{what}' here, and it is no digest"
        raise NotFound(message, "modelkeep identify FILE        (or a directory, or sha256:HEX)")
    return str(selector), ()


class _Nearest(Struct, frozen=True):
    """The version that shares most files with a directory, and the paths in which they differ."""

    ref: str
    state: str
    same: int
    moved: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    def sentence(self) -> str:
        """Return which version it is and what differs: ``fraud@3 (active): 2 files are the same, b.txt is not in it``."""
        parts = [
            f"{_named(paths)} {verb if len(paths) == 1 else verbs}"
            for paths, verb, verbs in (
                (self.changed, "has other bytes", "have other bytes"),
                (self.missing, "is missing here", "are missing here"),
                (self.extra, "is not in it", "are not in it"),
            )
            if paths
        ]
        same = f"{counted(self.same, 'file')} {'is' if self.same == 1 else 'are'} the same"
        if self.moved:
            verb = "has" if self.moved == 1 else "have"
            parts.insert(0, f"{counted(self.moved, 'file')} {verb} the same bytes under another path")
        return f"{self.ref} ({self.state}): {', '.join([same, *parts])}"


def _not_found(reader: Reader, at: int | None, what: str, digest: str, files: Sequence[ManifestFile]) -> NotFound:
    for name, version in graph.same_bytes(reader, at, "", digest):
        called = data_name(name, version, None)
        message = f"no version has these bytes; they are the dataset {printable(called)}"
        return NotFound(message, f"modelkeep data show {quote(called)}")
    for used in graph.named_with(reader, at, digest, None):
        node = lineage.data_node(*used)
        message = f"no version has these bytes; versions were made from them: {printable(node)}"
        return NotFound(message, f"modelkeep lineage {quote(node)}")
    nearest = _nearest(reader, at, files) if files else None
    if nearest is None:
        if at is not None:
            return NotFound(f"no version had these bytes then: {digest}", f"modelkeep identify {quote(what)}")
        return NotFound(f"no version has these bytes: {digest}", "modelkeep register NAME PATH")
    hint = f"modelkeep show {nearest.ref}"
    if not (nearest.changed or nearest.missing) and len(nearest.extra) <= _FILES_NAMED:
        excluded = " ".join(f"--exclude {quote(path)}" for path in nearest.extra)
        hint = f"modelkeep identify {quote(what)} {excluded}"
    return NotFound(f"no version has exactly these files; the nearest is {nearest.sentence()}", hint)


def _nearest(reader: Reader, at: int | None, files: Sequence[ManifestFile]) -> _Nearest | None:
    """Return the version that shares most files with these, by path and bytes; the newest of several."""
    shared: Counter[tuple[int, int]] = Counter()
    largest_first = sorted(files, key=lambda file: file.size, reverse=True)[:_MOST_FILES]
    for file in largest_first:
        for model, number, path in lineage.versions_with_file(reader, at, file.digest, _MOST_VERSIONS):
            # The same bytes under another path say something too.
            shared[model, number] += 2 if path == file.path else 1
    if not shared:
        return None
    model, number = max(shared, key=lambda each: (shared[each], each))
    here = {file.path: file.digest for file in files}
    there = lineage.files_of(reader, model, number)
    both = here.keys() & there.keys()
    same = {path for path in both if here[path] == there[path]}
    unmatched = Counter(there[path] for path in there.keys() - same)
    moved = unmatched & Counter(here[path] for path in here.keys() - same)
    return _Nearest(
        f"{name_of(reader, at, model)}@{number}",
        standing(reader, at, model, number, number).state(number),
        same=len(same),
        moved=moved.total(),
        changed=tuple(sorted(both - same)),
        missing=tuple(sorted(there.keys() - here.keys())),
        extra=tuple(sorted(here.keys() - there.keys())),
    )


def _named(paths: Sequence[str]) -> str:
    """Return the first paths, and how many more there are: ``a, b, c and 2 more``."""
    more = len(paths) - _FILES_NAMED
    return ", ".join(map(printable, paths[:_FILES_NAMED])) + (f" and {more} more" if more > 0 else "")
