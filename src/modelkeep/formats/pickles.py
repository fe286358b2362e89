"""Pickles, as ``pickle``, joblib and PyTorch before 1.6 write them: followed to their end, and never loaded.

A pickle is a program. `pickle_machine` follows it without importing or calling anything, and `pickle_globals` judges what
it would import. A file counts as a pickle by its bytes, whatever its name is.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.domain.known_documents import FileInspection, Tensor
from modelkeep.formats.byte_sources import ByteSource, FileSource, pieces_of
from modelkeep.formats.compressions import compression_of, unpacked
from modelkeep.formats.findings import dtypes
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, clean
from modelkeep.formats.known_formats import PICKLE_SUFFIXES
from modelkeep.formats.pickle_guess import is_plain_pickle
from modelkeep.formats.pickle_scan import Findings, Scan
from modelkeep.formats.pickle_tensors import FoundTensor, parameters_of, tensors_of
from modelkeep.formats.pickle_values import Global, Node, Value
from modelkeep.formats.torch_legacy import is_legacy

_MOST_TENSORS = 20_000
_HEAD_BYTES = 4096


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return what a pickle imports and holds, and whether it was followed to its end."""
    compression = compression_of(file.read(0, 16))
    if compression is None:
        source: ByteSource = FileSource(file, budget)
    else:
        source = ByteSource(unpacked(pieces_of(file), compression), budget)
        if not file.path.lower().endswith(PICKLE_SUFFIXES) and _holds_no_pickle(source):
            return FoundInFile(FileInspection(file.path, compression))
    found = Findings()
    Scan(found, budget).follow_all(source)
    return FoundInFile(inspection_of(file.path, _format(file, found, compression), found, compression))


def _holds_no_pickle(source: ByteSource) -> bool:
    """Tell whether what is compressed begins as no pickle does; it may be anything."""
    try:
        return not is_plain_pickle(source.peek(_HEAD_BYTES), 1 << 62)
    except Malformed:
        return False  # the machine that follows it reports that


def inspection_of(
    path: str, form: str, found: Findings, compression: str | None = None, more: tuple[tuple[str, str], ...] = ()
) -> FileInspection:
    """Return what was found in the pickles of a file."""
    tensors = [] if found.dropped else tensors_of(found.roots)
    facts = [*_facts(found, tensors, compression), *more]
    return FileInspection(
        path=path,
        format=form,
        facts=tuple((name, clean(value)) for name, value in facts if value),
        tensors=()
        if len(tensors) > _MOST_TENSORS
        else tuple(Tensor(clean(each.name) or "?", clean(each.dtype), tuple(map(str, each.shape))) for each in tensors),
        globals=found.global_names,
        problems=tuple(found.problems),
    )


def _format(file: ModelFile, found: Findings, compression: str | None) -> str:
    if is_legacy(found.roots):
        return "pytorch"
    is_joblib = found.arrays or compression is not None or file.path.lower().endswith(".joblib")
    return "joblib" if is_joblib else "pickle"


def _facts(found: Findings, tensors: list[FoundTensor], compression: str | None) -> Iterator[tuple[str, str]]:
    """Yield the facts of a file, an empty text for an unknown one."""
    yield "protocol", "" if found.protocol is None else str(found.protocol)
    yield "compression", compression or ""
    yield "pickles", str(found.pickles) if found.pickles != 1 else ""
    yield "pickles-inside", str(found.nested or "")
    yield "persistent-ids", str(found.persistent_ids or "")
    root = (
        found.roots[3] if is_legacy(found.roots) and len(found.roots) > 3 else found.roots[0] if found.roots else None
    )
    yield "class", _class_of(root)
    if isinstance(root, Node) and isinstance(root.state, Node):
        version = root.state.get("_sklearn_version")
        yield "library", f"scikit-learn {version}" if isinstance(version, str) else ""
    if tensors:
        yield "tensors", str(len(tensors))
        yield "parameters", str(parameters_of(tensors))
        yield "dtypes", dtypes(each.dtype for each in tensors)


def _class_of(root: Value) -> str:
    """Return the class of an object, an empty text where it is no object of a class."""
    if not isinstance(root, Node) or not isinstance(root.function, Global):
        return "" if not isinstance(root, Node) or root.kind in {"call", "persistent"} else root.kind
    if root.is_call_of("_reconstructor", "__newobj__", "__newobj_ex__") and isinstance(root.args, tuple) and root.args:
        return root.args[0].ref if isinstance(root.args[0], Global) else ""
    return root.function.ref
