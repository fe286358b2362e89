"""Zip archives with models in them: PyTorch's, TorchScript's, and any other with pickles in it.

PyTorch writes ``NAME/data.pkl``, a pickle that names tensors, and their numbers in entries ``NAME/data/0`` and on
(https://pytorch.org/docs/stable/notes/serialization.html). TorchScript adds ``NAME/code/`` and ``NAME/constants.pkl``.
"""

from __future__ import annotations

from modelkeep.domain.known_documents import Problem
from modelkeep.formats.byte_sources import ByteSource
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, OverBudget
from modelkeep.formats.pickle_guess import is_pickle
from modelkeep.formats.pickle_scan import Findings, Scan
from modelkeep.formats.pickle_tensors import storage_sizes
from modelkeep.formats.pickles import inspection_of
from modelkeep.formats.zip_files import MAGIC, ZipArchive, ZipEntry

_HEAD_BYTES = 4096
_VERSION_BYTES = 20


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return what is in an archive. Raises `Malformed` where its list cannot be read."""
    archive = ZipArchive(file, budget)
    found = Findings()
    root = pytorch_root(archive.names)
    search(archive, root, found, budget)
    for problem in archive.problems:
        found.problems[problem] = None
    if root is None:
        return FoundInFile(inspection_of(file.path, "zip", found, more=(("entries", str(len(archive.names))),)))
    _check_storages(found, archive, root)
    code = sum(name.startswith(f"{root}code/") for name in archive.names)
    more = (("archive", archive_version(archive, f"{root}version")), ("code", f"{code} files" if code else ""))
    return FoundInFile(inspection_of(file.path, "torchscript" if found.torchscript else "pytorch", found, more=more))


def search(archive: ZipArchive, root: str | None, found: Findings, budget: Budget, *, nested: bool = False) -> None:
    """Follow every pickle in an archive, and those of the archives in it."""
    code = any(name.startswith(f"{root}code/") for name in archive.names) if root is not None else False
    found.torchscript = code or f"{root}constants.pkl" in archive.names
    for entry in _in_order(archive.entries, root):
        try:
            if archive.head(entry.name, len(MAGIC)) == MAGIC:
                _archive_in(archive, entry.name, found, budget, nested=nested)
            else:
                _entry(archive, entry, root, found, budget)
        except OverBudget as error:
            found.add("unverified", f"it {error}")
            break
        except Malformed as error:
            found.add("unverified", f"it {error}")


def _archive_in(archive: ZipArchive, name: str, found: Findings, budget: Budget, *, nested: bool) -> None:
    """Follow the pickles of an archive in an archive, which has tensors of its own; deeper ones are not read."""
    if nested or not archive.is_stored(name):
        found.add("unverified", f"it has an archive in it, {name!r}, which was not read")
        return
    inner = Findings()
    member = ZipArchive(archive.member(name), budget)
    search(member, pytorch_root(member.names), inner, budget, nested=True)
    for problem in member.problems:
        found.add(problem.kind, f"its entry {name!r}: {problem.text}")
    found.globals.update(inner.globals)
    for problem in inner.problems:
        found.add(problem.kind, problem.text)
    found.pickles += inner.pickles


def archive_version(archive: ZipArchive, name: str) -> str:
    """Return what an entry says in a few letters, an empty text where it is not there."""
    if name not in archive.names:
        return ""
    try:
        return archive.head(name, _VERSION_BYTES).decode("ascii", "replace").strip()
    except Malformed:
        return ""


def pytorch_root(names: tuple[str, ...]) -> str | None:
    """Return the directory of PyTorch's pickle, with its slash; None where the archive is not PyTorch's."""
    return next(
        (name.removesuffix("data.pkl") for name in names if name.endswith("/data.pkl") or name == "data.pkl"), None
    )


def _in_order(entries: tuple[ZipEntry, ...], root: str | None) -> list[ZipEntry]:
    """Return the entries, the pickle that the others belong to first, then other pickles by their names."""
    return sorted(entries, key=lambda entry: (entry.name != f"{root}data.pkl", not entry.name.endswith(".pkl")))


def _is_tensor(name: str, root: str | None) -> bool:
    """Tell whether an entry holds the numbers of a tensor, which PyTorch takes for nothing else."""
    if root is None:
        return False
    directory, _, key = name.removeprefix(root).rpartition("/")
    return name.startswith(root) and directory in {"data", "constants"} and key.isdigit()


def _entry(archive: ZipArchive, entry: ZipEntry, root: str | None, found: Findings, budget: Budget) -> None:
    """Follow an entry that is a pickle."""
    head = archive.head(entry.name, _HEAD_BYTES)
    if entry.name.endswith(".pkl") or is_pickle(head, entry.size):
        inner = Findings(torchscript=found.torchscript)
        scan = Scan(inner, budget)
        source = ByteSource(archive.chunks(entry.name), budget)
        try:
            scan.follow_all(source)
        finally:
            _merge(found, inner, entry.name, root)


def _merge(found: Findings, inner: Findings, name: str, root: str | None) -> None:
    """Add what an entry holds; numbers of a tensor that look like a pickle by chance do not matter."""
    if _is_tensor(name, root) and not inner.calls:
        return
    found.globals.update(inner.globals)
    for problem in inner.problems:
        found.add(problem.kind, problem.text)
    found.pickles += inner.pickles
    found.nested += inner.nested
    found.protocol = max(found.protocol or 0, inner.protocol or 0)
    if root is None or name in {f"{root}data.pkl", f"{root}constants.pkl"}:  # others have storages of their own
        found.roots += inner.roots
        found.persistent += inner.persistent
        found.persistent_ids += inner.persistent_ids
        found.arrays += inner.arrays
        found.dropped |= inner.dropped


def _check_storages(found: Findings, archive: ZipArchive, root: str) -> None:
    """Tell of tensors whose numbers are not in the archive, or fewer of them than their type asks for."""
    sizes = {entry.name: entry.size for entry in archive.entries}
    for key, size in storage_sizes(found.persistent).items():
        there = [
            sizes[name] for name in (f"{root}data/{key}", f"{root}constants/{key}", f"{root}{key}") if name in sizes
        ]
        if not there:
            found.problems[Problem("invalid", f"it has no numbers for the tensor storage {key[:40]!r}")] = None
        elif max(there) < size:
            text = f"it has {max(there)} bytes for the tensor storage {key[:40]!r}, which has {size}"
            found.problems[Problem("invalid", text)] = None
