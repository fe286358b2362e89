"""TensorFlow Lite: a FlatBuffer with operators, tensors and weights.

https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

import math
from collections import Counter

from modelkeep.domain.known_documents import Field, FileInspection, Interface, Tensor
from modelkeep.formats.findings import counted, dtypes, facts, few, field, problems, tensor
from modelkeep.formats.flatbuffers import Table
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, OverBudget
from modelkeep.formats.ranges import Ranges
from modelkeep.formats.tflite_operators import OPERATORS, TYPES

_MOST, _MOST_DIMENSIONS, _MOST_GRAPHS = 50_000, 64, 1_000
_MOST_KINDS = 10_000
_CUSTOM = OPERATORS.index("CUSTOM")


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the operators, the weights, and the inputs and outputs of the first graph."""
    source = Ranges(file, budget)
    if source.read(4, 4) != b"TFL3":
        message = "has no TFL3 at byte 4"
        raise Malformed(message)
    model = Table.root(source)
    names = [_operator(each) for each in model.tables(1, _MOST_KINDS)]
    sizes = [_size(each) for each in model.tables(4, _MOST)]
    used: Counter[str] = Counter()
    weights: list[Tensor] = []
    signature: Interface | None = None
    graphs = 0
    for graph in model.tables(2, _MOST_GRAPHS):
        graphs += 1
        tensors = [_tensor(each, sizes) for each in graph.tables(0, _MOST)]
        weights += [each for each, is_weight in tensors if is_weight]
        if len(weights) > _MOST:
            message = f"was not read to its end: it has more than {_MOST} tensors"
            raise OverBudget(message)
        for each in graph.tables(3, _MOST):
            index = each.number(0, "<I")
            used[names[index] if index < len(names) else f"unknown-{index}"] += 1
        if signature is None:
            signature = Interface(_fields(tensors, graph.numbers(1, _MOST)), _fields(tensors, graph.numbers(2, _MOST)))
    inspection = FileInspection(
        path=file.path,
        format="tflite",
        facts=facts(
            format_version=model.number(0, "<I"),
            description=model.text(3),
            graphs=graphs if graphs != 1 else None,
            nodes=used.total(),
            operators=counted(used),
            tensors=len(weights),
            parameters=sum(math.prod(max(0, int(size)) for size in each.shape if size != "?") for each in weights),
            dtypes=dtypes(each.dtype for each in weights),
        ),
        tensors=few(weights),
        problems=(
            *problems(
                "invalid", ("an operator is not among its kinds" for name in used if name.startswith("unknown-"))
            ),
            *problems(
                "note", (f"it needs the operator {name!r}" for name in sorted(used) if name.startswith("custom."))
            ),
        ),
    )
    return FoundInFile(inspection, signature)


def _operator(code: Table) -> str:
    """Return the name of an operator; the numbers over 127 stand in a newer field."""
    number = max(code.number(0, "<b"), code.number(3))
    if number == _CUSTOM:
        return f"custom.{code.text(1)}"
    return OPERATORS[number] if 0 <= number < len(OPERATORS) else str(number)


def _size(buffer: Table) -> int:
    return buffer.length(0) or buffer.number(2, "<Q")


def _tensor(data: Table, sizes: list[int]) -> tuple[Tensor, bool]:
    """Return a tensor, and whether its numbers are in the file."""
    kind, buffer = data.number(1, "<b"), data.number(2, "<I")
    shape = data.numbers(7, _MOST_DIMENSIONS) or data.numbers(0, _MOST_DIMENSIONS)
    dtype = TYPES[kind] if 0 <= kind < len(TYPES) else str(kind)
    found = tensor(data.text(3), dtype, ("?" if size == -1 else size for size in shape))
    return found, 0 < buffer < len(sizes) and sizes[buffer] > 0


def _fields(tensors: list[tuple[Tensor, bool]], indices: list[int]) -> tuple[Field, ...]:
    found = [tensors[index][0] for index in indices if 0 <= index < len(tensors)]
    return tuple(field(each.name, each.dtype, each.shape) for each in found)
