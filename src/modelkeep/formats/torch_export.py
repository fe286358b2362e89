"""What ``torch.export.save`` writes: an archive with a graph as JSON, the weights, and their types and shapes.

https://docs.pytorch.org/docs/stable/user_guide/torch_compiler/export/pt2_archive.html. Loading evaluates the sizes that the
graph has as expressions, and unpickles weights that are no plain numbers. Packages of AOTInductor hold compiled code.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from modelkeep.domain.known_documents import Field, FileInspection, Interface, Tensor
from modelkeep.formats.findings import MOST_FIELDS, counted, dtypes, facts, few, field, problems, tensor
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, OverBudget
from modelkeep.formats.zip_files import ZipArchive
from modelkeep.formats.zip_models import archive_version

MARK = "/archive_format"
_LARGEST_MODEL, _LARGEST_WEIGHTS = 32 << 20, 4 << 20
#: Of a graph: parts that are longer are not read.
_LARGEST_NODES, _LARGEST_PART = 8 << 20, 2 << 20
_TYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64", 9: "complex32",
    10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16", 29: "float8_e4m3fn", 30: "float8_e5m2",
    31: "float8_e4m3fnuz", 32: "float8_e5m2fnuz", 33: "float8_e8m0fnu", 34: "uint32", 35: "uint64",
}  # fmt: skip
_NATIVE = (".so", ".pyd", ".dll", ".dylib", ".cubin", ".o", ".a")
_SYMBOL = re.compile(r"Symbol\('(\w+)'")
_EXPRESSION = re.compile(rb'"expr_str"\s*:\s*"((?:[^"\\]|\\.)*)"')
#: Names, numbers and arithmetic: what the sizes of a graph are made of.
_HARMLESS = re.compile(rb"(?!.*__)[\w\s()',=*+\-/<>.]*")
#: A letter that nobody has to write as an escape, which would hide an expression.
_HIDDEN = re.compile(rb"\\u00[2-7]")
_T = TypeVar("_T")


class _Expression(Struct):
    expr_str: str = ""


class _Size(Struct):
    as_int: int | None = None
    as_expr: _Expression | None = None


class _Meta(Struct):
    dtype: int = 0
    sizes: list[_Size] = []


class _Weight(Struct):
    path_name: str | None = None
    tensor_meta: _Meta | None = None


class _Weights(Struct):
    config: dict[str, _Weight] = {}


class _Named(Struct):
    name: str = ""
    target: str = ""


class _Argument(Struct):
    as_tensor: _Named | None = None


class _Value(Struct):
    arg: _Argument | None = None


class _Spec(Struct):
    user_input: _Value | None = None
    user_output: _Value | None = None


class _Signature(Struct):
    input_specs: list[_Spec] = []
    output_specs: list[_Spec] = []


class _Graph(Struct):
    nodes: Raw = Raw()
    tensor_values: Raw = Raw()


class _Module(Struct):
    graph: _Graph | None = None
    signature: Raw = Raw()


class _Program(Struct):
    graph_module: _Module | None = None
    opset_version: dict[str, int] = {}
    torch_version: str | None = None


def inspect_archive(file: ModelFile, archive: ZipArchive, budget: Budget) -> FoundInFile:
    """Return the weights of an archive, the signature and the operators of its first model."""
    names = archive.names
    root = next(name for name in names if name.endswith(MARK)).removesuffix(MARK)
    models = [name for name in names if re.fullmatch(rf"{re.escape(root)}/models/[^/]+\.json", name)]
    data = _read(archive, models[0], _LARGEST_MODEL) if models else b"{}"
    budget.check()
    program = _decode(data, _Program, "model")
    module = program.graph_module or _Module()
    graph = module.graph or _Graph()
    nodes = _part(graph.nodes, list[_Named], _LARGEST_NODES)
    budget.check()
    weights = list(_weights(archive, root))
    inspection = FileInspection(
        path=file.path,
        format="torch-export",
        facts=facts(
            format_version=archive_version(archive, f"{root}/archive_version"),
            producer=f"torch {program.torch_version}" if program.torch_version else None,
            opset=", ".join(f"{name} {number}" for name, number in program.opset_version.items()),
            graphs=len(models) if len(models) > 1 else None,
            nodes=len(nodes) if nodes else None,
            operators=counted(Counter(_operator(each.target) for each in nodes or ())),
            tensors=len(weights) or None,
            parameters=sum({place: _count(each) for place, each in weights}.values()) or None,
            dtypes=dtypes(each.dtype for _, each in weights),
        ),
        tensors=few(each for _, each in weights),
        problems=(
            *problems(
                "dangerous", (f"loading it runs compiled code: {name}" for name in names if name.endswith(_NATIVE))
            ),
            *problems("dangerous", _evaluated(data)),
        ),
    )
    values = _part(graph.tensor_values, dict[str, _Meta], _LARGEST_PART) or {}
    signature = _part(module.signature, _Signature, _LARGEST_PART) or _Signature()
    inputs = tuple(_fields([each.user_input for each in signature.input_specs], values))
    outputs = tuple(_fields([each.user_output for each in signature.output_specs], values))
    return FoundInFile(inspection, Interface(inputs, outputs) if inputs or outputs else None)


def _read(archive: ZipArchive, name: str, most: int) -> bytes:
    size = next(entry.size for entry in reversed(archive.entries) if entry.name == name)
    if size > most:
        message = f"was not read to its end: its entry {name!r} has {size} bytes"
        raise OverBudget(message)
    return archive.read(name, most)


def _decode(data: bytes | Raw, kind: type[_T], what: str) -> _T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"has a {what} that is none: {error}"
        raise Malformed(message) from error


def _part(data: Raw, kind: Any, most: int) -> Any:
    """Return a part of a graph, None where it is not there or very long."""
    return _decode(data, kind, "graph") if 0 < len(memoryview(data)) <= most else None


def _weights(archive: ZipArchive, root: str) -> Iterator[tuple[str, Tensor]]:
    """Yield each weight with the name of the entry that it lies in: tied weights lie in one."""
    prefix = f"{root}/data/weights/"
    for name in dict.fromkeys(archive.names):
        if name.startswith(prefix) and name.endswith("_config.json"):
            listed = _decode(_read(archive, name, _LARGEST_WEIGHTS), _Weights, "list of weights")
            for key, each in listed.config.items():
                meta = each.tensor_meta or _Meta()
                yield each.path_name or key, tensor(key, _TYPES.get(meta.dtype, "?"), _shape(meta))


def _count(weight: Tensor) -> int:
    return math.prod(int(each) if each.isdecimal() else 1 for each in weight.shape)


def _shape(meta: _Meta) -> list[str]:
    """Return the sizes of a tensor; one that is an expression by the name of its symbol."""
    found = []
    for each in meta.sizes[:64]:
        symbol = _SYMBOL.search(each.as_expr.expr_str) if each.as_expr is not None else None
        known = each.as_int is not None and 0 <= each.as_int < 1 << 62
        found.append(str(each.as_int) if known else symbol[1] if symbol else "?")
    return found


def _operator(target: str) -> str:
    """Return the name of an operator without its library: ``conv2d``."""
    return target.removeprefix("torch.ops.aten.").removesuffix(".default") or "?"


def _fields(values: list[_Value | None], metas: dict[str, _Meta]) -> Iterator[Field]:
    for each in values[:MOST_FIELDS]:
        named = each.arg.as_tensor if each is not None and each.arg is not None else None
        if named is not None:
            meta = metas.get(named.name, _Meta())
            yield field(named.name, _TYPES.get(meta.dtype, "?"), _shape(meta))


def _evaluated(data: bytes) -> Iterator[str]:
    """Yield what loading evaluates and is more than the size of a tensor."""
    if _HIDDEN.search(data):
        yield "it has plain letters written as escapes, which hide what loading evaluates"
    seen = set()
    for found in _EXPRESSION.finditer(data):
        text = found[1]
        if text not in seen and not _HARMLESS.fullmatch(text):
            yield f"loading it evaluates {text.decode('utf-8', 'replace')!r}"
        seen.add(text)
