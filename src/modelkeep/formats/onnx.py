"""ONNX: a protocol buffer with a graph of operators and its weights, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto .

Weights are skipped, so that a model of gigabytes is read in milliseconds. They may lie in other files (external data), which
are named as the fact ``external-data``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from modelkeep.domain.known_documents import Field, FileInspection, Interface, Tensor
from modelkeep.formats.findings import (
    MOST_FIELDS,
    MOST_PROBLEMS,
    MOST_TENSORS,
    count,
    counted,
    facts,
    few,
    field,
    numbered,
    problems,
    tensor,
)
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile
from modelkeep.formats.protobuf import Message, number_of, signed, text_of, unread_of

_DEEPEST, _MOST_DIMENSIONS, _LONGEST_NAME = 32, 64, 200
_TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
    17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4", 22: "int4",
    23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2",
}  # fmt: skip
_BITS = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
    17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
}  # fmt: skip
_STANDARD = {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"}
_EXTERNAL = 1


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return what the model says of itself, its operators, weights, inputs and outputs."""
    reading = _Model()
    unread = unread_of(reading.model, file, budget)
    if not reading.graphs and not unread:
        message = "has no graph"
        raise Malformed(message)
    if not reading.opsets and not unread:
        reading.broken.append("it does not say its opset")
    domains = {domain for domain, _ in reading.operators} - _STANDARD
    inspection = FileInspection(
        path=file.path,
        format="onnx",
        facts=reading.facts(),
        tensors=few(reading.tensors),
        problems=(
            *problems("invalid", reading.broken),
            *problems("unverified", unread),
            *problems("note", (f"it needs operators of the domain {domain!r}" for domain in sorted(domains))),
        ),
    )
    return FoundInFile(inspection, reading.interface(), tuple(reading.external))


class _Model:
    """What was found so far."""

    def __init__(self) -> None:
        self.about: dict[str, str] = {}
        self.opsets: dict[str, int] = {}
        self.metadata: list[str] = []
        self.operators: Counter[tuple[str, str]] = Counter()
        self.tensors: list[Tensor] = []
        self.dtypes: Counter[str] = Counter()
        self.parameters = 0
        self.external: dict[str, None] = {}
        self.broken: list[str] = []
        self.inputs: list[Field] = []
        self.outputs: list[Field] = []
        self.graphs = self.functions = self.constants = 0

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return the facts in the order in which people ask for them."""
        main = self.opsets.get("", self.opsets.get("ai.onnx"))
        others = [
            f"{domain} {version}" for domain, version in sorted(self.opsets.items()) if domain not in {"", "ai.onnx"}
        ]
        named = Counter({f"{domain}.{name}" if domain else name: n for (domain, name), n in self.operators.items()})
        return (
            *facts(
                producer=self.about.get("producer"),
                ir_version=self.about.get("ir-version"),
                opset=main,
                other_opsets=", ".join(others),
                graph=self.about.get("graph"),
                model_version=self.about.get("model-version"),
                nodes=sum(named.values()),
                operators=counted(named),
                functions=self.functions or None,
                tensors=self.dtypes.total(),
                parameters=self.parameters,
                constants=self.constants or None,
                dtypes=counted(self.dtypes),
                external_data=", ".join(self.external),
            ),
            *numbered("metadata", self.metadata),
        )

    def interface(self) -> Interface | None:
        """Return the signature: older models list their weights among the inputs, those are none."""
        weights = {each.name for each in self.tensors}
        inputs = tuple(each for each in self.inputs if each.name not in weights)
        inputs, outputs = inputs[:MOST_FIELDS], tuple(self.outputs[:MOST_FIELDS])
        return Interface(inputs, outputs) if inputs or outputs else None

    def model(self, model: Message) -> None:
        """Read a ModelProto."""
        producer = {2: "", 3: ""}
        for number, value in model.fields():
            if number == 1:
                self.about["ir-version"] = str(number_of(value))
            elif number in producer:
                producer[number] = text_of(value)
                self.about["producer"] = " ".join(filter(None, producer.values()))
            elif number == 5 and value:
                self.about["model-version"] = str(number_of(value))
            elif isinstance(value, Message):
                if number == 7:
                    self.graph(value, 0)
                elif number == 8:
                    if len(self.opsets) < MOST_FIELDS:
                        self.opsets[text_of(value.last(1))] = number_of(value.last(2))
                elif number == 14 and len(self.metadata) < MOST_FIELDS:
                    self.metadata.append(f"{text_of(value.last(1))}={text_of(value.last(2))}")
                elif number == 25:
                    self.functions += 1
                    for node in value.messages(7):
                        self.node(node, 1)

    def graph(self, graph: Message, depth: int) -> None:
        """Read a GraphProto; only the outermost has a signature."""
        if depth > _DEEPEST:
            message = "has graphs that are nested too deeply"
            raise Malformed(message)
        self.graphs += 1
        for number, value in graph.fields():
            if not isinstance(value, Message):
                continue
            if number == 1:
                self.node(value, depth)
            elif number == 5:
                self.weight(value)
            elif number == 15:
                for values in value.messages(1):
                    self.weight(values)
            elif depth == 0 and number == 2:
                self.about["graph"] = value.text()
            elif depth == 0 and number in {11, 12}:
                fields = self.inputs if number == 11 else self.outputs
                if len(fields) <= MOST_TENSORS:
                    fields.append(_field(value))

    def node(self, node: Message, depth: int) -> None:
        """Read a NodeProto, and the graphs and tensors among its attributes."""
        name = domain = ""
        for number, value in node.fields():
            if number == 4:
                name = text_of(value)
            elif number == 7:
                domain = text_of(value)
            elif number == 5 and isinstance(value, Message):
                for kind, part in value.fields():
                    if kind in {6, 11} and isinstance(part, Message):
                        self.graph(part, depth + 1)
                    elif kind in {5, 10} and isinstance(part, Message):
                        self.constants += math.prod(max(0, int(size)) for size in self.constant(part).shape)
        count(self.operators, ("" if domain == "ai.onnx" else domain, name))

    def weight(self, data: Message) -> None:
        """Read a TensorProto that is a weight of the graph."""
        found = self.constant(data)
        self.dtypes[found.dtype] += 1
        if len(self.tensors) <= MOST_TENSORS:
            self.tensors.append(found)
        self.parameters += math.prod(max(0, int(size)) for size in found.shape)

    def constant(self, data: Message) -> Tensor:
        """Read a TensorProto, and judge the place and the size of its data."""
        kind = location = 0
        name, sizes, raw = "", list[int](), None
        places: list[Message] = []
        for number, value in data.fields():
            if number == 1:
                sizes += [signed(each) for each in (value.varints() if isinstance(value, Message) else (value,))]
            elif number == 2:
                kind = number_of(value)
            elif number == 8:
                name = text_of(value)
            elif number == 9 and isinstance(value, Message):
                raw = value.end - value.start
            elif number == 13 and isinstance(value, Message) and len(places) < _MOST_DIMENSIONS:
                places.append(value)
            elif number == 14:
                location = number_of(value)
            if len(sizes) > _MOST_DIMENSIONS:
                message = f"has a tensor of more than {_MOST_DIMENSIONS} dimensions"
                raise Malformed(message)
        if len(self.broken) < MOST_PROBLEMS:
            self.broken += _misshapen(name[:_LONGEST_NAME], kind, sizes, None if location == _EXTERNAL else raw)
        if location == _EXTERNAL:
            self.broken += self.locate(name[:_LONGEST_NAME], places)
        return tensor(name, _TYPES.get(kind, str(kind)), sizes)

    def locate(self, name: str, places: list[Message]) -> Iterator[str]:
        """Note the file that a tensor lies in; yield what is wrong with its path."""
        path = next((text_of(each.last(2)) for each in places if text_of(each.last(1)) == "location"), "")
        if not path or path.startswith("/") or "\\" in path or ":" in path or ".." in path.split("/"):
            if len(self.broken) < MOST_PROBLEMS:
                yield f"the tensor {name!r} lies in the file {path[:_LONGEST_NAME]!r}, which is not beside the model"
        elif len(self.external) < MOST_FIELDS:
            self.external[path] = None


def _misshapen(name: str, kind: int, sizes: list[int], raw: int | None) -> Iterator[str]:
    bits = _BITS.get(kind)
    if any(size < 0 for size in sizes):
        yield f"the tensor {name!r} has a negative size"
    elif kind not in _TYPES:
        yield f"the tensor {name!r} is of the unknown type {kind}"
    elif raw is not None and bits is not None and raw != (math.prod(sizes) * bits + 7) // 8:
        yield f"the tensor {name!r} has {raw} bytes, not those of its shape"


def _field(info: Message) -> Field:
    """Return a ValueInfoProto as an input or output."""
    kind = info.last(2)
    dtype, shape = _type(kind, 0) if isinstance(kind, Message) else ("?", [])
    return field(text_of(info.last(1)), dtype, shape)


def _type(kind: Message, depth: int) -> tuple[str, list[str]]:
    """Return the type and shape that a TypeProto tells: of sequences, maps and optional values what they hold."""
    for number, value in kind.fields():
        if not isinstance(value, Message) or depth > 4:
            continue
        if number in {1, 8}:
            elem, shape = number_of(value.last(1)), value.last(2)
            dims = islice(shape.messages(1), _MOST_DIMENSIONS) if isinstance(shape, Message) else ()
            return _TYPES.get(elem, str(elem)), [_dimension(each) for each in dims]
        if number in {4, 9}:
            of = value.last(1)
            inner, sizes = _type(of, depth + 1) if isinstance(of, Message) else ("?", [])
            return f"{'sequence' if number == 4 else 'optional'}<{inner}>", sizes
        if number == 5:
            of, key = value.last(2), number_of(value.last(1))
            inner, sizes = _type(of, depth + 1) if isinstance(of, Message) else ("?", [])
            return f"map<{_TYPES.get(key, key)},{inner}>", sizes
    return "?", []


def _dimension(dim: Message) -> str:
    """Return a size, or the name that stands for it; ``?`` where it is not said."""
    for number, value in dim.fields():
        if number == 1:
            return str(number_of(value))
        if number == 2:
            return text_of(value) or "?"
    return "?"
