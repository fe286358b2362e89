"""What is in an artifact: each file is given to the reader of its format, then all of them to the readers of directories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from posixpath import join, normpath
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.domain.known_documents import (
    LARGEST,
    FileInspection,
    Inspection,
    Interface,
    Problem,
    parse_inspection,
    parse_interface,
    to_document,
)
from modelkeep.errors import Damaged, ModelkeepError
from modelkeep.formats.findings import problems
from modelkeep.formats.interface import (
    ARTIFACT_SECONDS,
    FILE_SECONDS,
    Budget,
    FoundInFile,
    FoundInTree,
    ModelFile,
    OverBudget,
    Unread,
    clean,
)
from modelkeep.formats.known_formats import FileFormat, TreeFormat, format_of, tree_formats
from modelkeep.formats.part_digests import with_digest

T = TypeVar("T")
HEAD_BYTES = 4096
#: Of each kind, in one file.
_MOST_PROBLEMS = 50


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
        form = format_of(path, file.read(0, HEAD_BYTES), file.size)
        if form is None:
            continue
        try:
            whole.check()
        except OverBudget:
            unread += 1
            continue
        found[path] = _inspect_file(form, file)
    tree = _inspect_tree(by_path, {path: each.inspection for path, each in found.items()}, whole)
    if not found and tree is None:
        return Found(None)
    found = {path: _with_missing(each, by_path) for path, each in found.items()}
    if tree is not None:
        tree = replace(tree, parts=tuple(with_digest(each, by_path) for each in tree.parts))
    interfaces = [tree.interface] if tree is not None else []
    interfaces += [each.interface for each in found.values()]
    inspection = _inspection([each.inspection for each in found.values()], tree, unread)
    return Found(inspection, next((each for each in interfaces if each is not None), None))


def _inspect_file(form: FileFormat, file: ModelFile) -> FoundInFile:
    """Return what the reader of a format found; what it could not read is a problem."""

    def read() -> FoundInFile:
        found: FoundInFile = form.load().inspect(file, Budget(FILE_SECONDS))
        _check_kept(Inspection(files=(found.inspection,)), found.interface)
        return found

    found = _found_or_problem(read)
    if isinstance(found, Problem):
        return FoundInFile(FileInspection(file.path, form.name, problems=(found,)))
    return found


def _found_or_problem(read: Callable[[], T]) -> T | Problem:
    """Return what a reader finds, or what kept it from that: a reader that fails must not make a registration fail."""
    try:
        return read()
    except Unread as error:
        return error.problem()
    except RecursionError:
        return Problem("invalid", "it is nested too deeply")
    except ModelkeepError:  # the bytes cannot be read at all
        raise
    except Exception as error:  # noqa: BLE001  any
        return Problem("unverified", clean(f"its reader failed: {type(error).__name__}: {error}"))


def _with_missing(found: FoundInFile, files: Mapping[str, ModelFile]) -> FoundInFile:
    """Return what was found in a file, with a problem for each file that it needs and that is not there."""
    directory = found.inspection.path.rpartition("/")[0]
    missing = [each for each in found.needs if normpath(join(directory, each)) not in files]
    if not missing:
        return found
    told = problems("invalid", (f"it needs the file {each!r}, which is not there" for each in missing))
    return replace(found, inspection=replace(found.inspection, problems=(*found.inspection.problems, *told)))


def _check_kept(inspection: Inspection, interface: Interface | None) -> None:
    """Raise `ValueError` where the log cannot keep what a reader found: a text may be empty or have surrogates."""
    try:
        parse_inspection(to_document(_fitting(inspection)))
        if interface is not None:
            parse_interface(to_document(interface))
    except Damaged as error:
        message = f"it found what cannot be kept: {error.message}"
        raise ValueError(message) from error


def _inspect_tree(
    files: Mapping[str, ModelFile], found: Mapping[str, FileInspection], budget: Budget
) -> FoundInTree | None:
    """Return what the first reader of directories that knows them found."""
    for form in tree_formats(files):

        def read(form: TreeFormat = form) -> FoundInTree | None:
            tree: FoundInTree | None = form.load().inspect(files, found, budget)
            if tree is not None:
                _check_kept(_of_tree(tree), tree.interface)
            return tree

        tree = _found_or_problem(read)
        if tree is not None:
            return FoundInTree(form.name, problems=(tree,)) if isinstance(tree, Problem) else tree
    return None


def _inspection(files: list[FileInspection], tree: FoundInTree | None, unread: int) -> Inspection:
    """Return what was found as one document; tensors are left out where they would make it too large."""
    kind = tree.kind if tree is not None else files[0].format if len({file.format for file in files}) == 1 else None
    whole = Inspection() if tree is None else _of_tree(tree)
    return _fitting(replace(whole, kind=kind, files=tuple(files), unread=unread or None))


def _of_tree(tree: FoundInTree) -> Inspection:
    return Inspection(tree.kind, tree.facts, parts=tree.parts, problems=tree.problems)


def _fitting(inspection: Inspection) -> Inspection:
    """Return an inspection that a document can hold: tensors go first, then globals, then facts, then files without problems."""
    files = tuple(replace(file, problems=_few(file.problems)) for file in inspection.files)
    inspection = replace(inspection, files=files, problems=_few(inspection.problems))
    for left_out in ((), ("tensors",), ("tensors", "globals"), ("tensors", "globals", "facts")):
        files = tuple(replace(file, **dict.fromkeys(left_out, ())) for file in inspection.files)
        found = replace(inspection, files=files)
        if len(to_document(found)) <= LARGEST["inspection"]:
            return found
    if not files:
        return Inspection(inspection.kind, problems=inspection.problems, unread=inspection.unread)
    first = sorted(files, key=lambda file: not file.problems)[: len(files) // 2]
    unread = (inspection.unread or 0) + len(files) - len(first)
    return _fitting(replace(inspection, files=tuple(sorted(first, key=lambda file: file.path)), unread=unread))


def _few(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return the first problems of each kind, with a note of how many more there are."""
    kept: list[Problem] = []
    count: Counter[str] = Counter()
    for each in problems:
        count[each.kind] += 1
        if count[each.kind] <= _MOST_PROBLEMS:
            kept.append(each)
    if len(kept) < len(problems):
        kept.append(Problem("note", f"there are {len(problems) - len(kept)} more problems"))
    return tuple(kept)
