"""What is in an artifact: each file is given to the reader of its format, then all of them to the readers of directories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.domain.known_documents import LARGEST, FileInspection, Inspection, Interface, Problem, to_document
from modelkeep.formats.interface import (
    ARTIFACT_SECONDS,
    FILE_SECONDS,
    Budget,
    FoundInFile,
    FoundInTree,
    Malformed,
    ModelFile,
    OverBudget,
    clean,
)

HEAD_BYTES = 4096


class Found(Struct, frozen=True):
    """What is in an artifact, None where no file of it is of a known format; and its signature where it says one."""

    inspection: Inspection | None
    interface: Interface | None = None


def inspect(files: Iterable[ModelFile], seconds: float = ARTIFACT_SECONDS) -> Found:
    """Return what is in the files of an artifact; the same files always give the same answer, as long as time suffices."""
    by_path = {file.path: file for file in sorted(files, key=lambda file: file.path)}
    whole = Budget(seconds)
    found: dict[str, FoundInFile] = {}
    unread = 0
    for path, file in by_path.items():
        reader = _reader_of(file)
        if reader is None:
            continue
        try:
            whole.check()
        except OverBudget:
            unread += 1
            continue
        found[path] = _inspect_file(reader, file)
    tree = _inspect_tree(by_path, {path: each.inspection for path, each in found.items()}, whole)
    if not found and tree is None:
        return Found(None)
    interfaces = [tree.interface] if tree is not None else []
    interfaces += [each.interface for each in found.values()]
    inspection = _inspection([each.inspection for each in found.values()], tree, unread)
    return Found(inspection, next((each for each in interfaces if each is not None), None))


def _readers() -> tuple[ModuleType, ...]:
    """Return the readers of files: the first that matches counts."""
    from modelkeep.formats import safetensors

    return (safetensors,)


def _tree_readers() -> tuple[ModuleType, ...]:
    """Return the readers of directories: the first that knows the files counts."""
    return ()


def _reader_of(file: ModelFile) -> ModuleType | None:
    head = file.read(0, HEAD_BYTES)
    return next((reader for reader in _readers() if reader.matches(file, head)), None)


def _inspect_file(reader: ModuleType, file: ModelFile) -> FoundInFile:
    """Return what a reader found; what it could not read is a problem."""
    name = reader.__name__.rpartition(".")[2].replace("_", "-")
    try:
        found: FoundInFile = reader.inspect(file, Budget(FILE_SECONDS))
    except Malformed as error:
        return FoundInFile(FileInspection(file.path, name, problems=(Problem("invalid", clean(f"it {error}")),)))
    except OverBudget:
        problem = Problem("unverified", f"it was not read to its end in {FILE_SECONDS:g} s")
        return FoundInFile(FileInspection(file.path, name, problems=(problem,)))
    return found


def _inspect_tree(
    files: Mapping[str, ModelFile], found: Mapping[str, FileInspection], budget: Budget
) -> FoundInTree | None:
    for reader in _tree_readers():
        try:
            tree: FoundInTree | None = reader.inspect(files, found, budget)
        except OverBudget:
            return None
        if tree is not None:
            return tree
    return None


def _inspection(files: list[FileInspection], tree: FoundInTree | None, unread: int) -> Inspection:
    """Return what was found as one document; tensors are left out where they would make it too large."""
    kind = tree.kind if tree is not None else files[0].format if len({file.format for file in files}) == 1 else None
    inspection = Inspection(
        kind=kind,
        facts=() if tree is None else tree.facts,
        files=tuple(files),
        parts=() if tree is None else tree.parts,
        problems=() if tree is None else tree.problems,
        unread=unread or None,
    )
    if len(to_document(inspection)) <= LARGEST["inspection"]:
        return inspection
    return replace(inspection, files=tuple(replace(file, tensors=()) for file in files))
