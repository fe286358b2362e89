"""TensorFlow's SavedModel: a directory with ``saved_model.pb``, a protocol buffer, and the weights beside it.

https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_model.proto and meta_graph.proto.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from modelkeep.domain.known_documents import Field, FileInspection, Interface, Tensor
from modelkeep.formats.findings import MOST_FIELDS, count, counted, dtypes, facts, few, field, problems, tensor
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, OverBudget
from modelkeep.formats.protobuf import Message, number_of, text_of, unread_of

_TYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64", 9: "int64",
    10: "bool", 11: "qint8", 12: "quint8", 13: "qint32", 14: "bfloat16", 15: "qint16", 16: "quint16", 17: "uint16",
    18: "complex128", 19: "float16", 20: "resource", 21: "variant", 22: "uint32", 23: "uint64",
}  # fmt: skip
#: Operators that read or write files of their own, or call Python.
_DANGEROUS = {
    "ReadFile", "WriteFile", "WholeFileReader", "WholeFileReaderV2", "MatchingFiles", "PyFunc", "PyFuncStateless",
    "EagerPyFunc",
}  # fmt: skip
_SERVING, _INITIALIZER = "serving_default", "__saved_model_init_op"
_MOST_WEIGHTS = 50_000


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the signatures, the operators and the weights that the protocol buffer describes."""
    reading = _Graphs()
    unread = unread_of(reading.saved_model, file, budget)
    if not reading.graphs and not unread:
        message = "has no graph"
        raise Malformed(message)
    dangerous = (
        f"it runs the operator {name!r} {count} times"
        for name, count in sorted(reading.operators.items())
        if name in _DANGEROUS
    )
    inspection = FileInspection(
        path=file.path,
        format="saved-model",
        facts=reading.facts(),
        tensors=few(reading.weights),
        problems=(*problems("dangerous", dangerous), *problems("unverified", unread)),
    )
    return FoundInFile(inspection, reading.interface())


class _Graphs:
    """What was found so far."""

    def __init__(self) -> None:
        self.graphs = 0
        self.version = self.producer = ""
        self.tags: dict[str, None] = {}
        self.operators: Counter[str] = Counter()
        self.signatures: dict[str, Interface] = {}
        self.weights: list[Tensor] = []

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return the facts in the order in which people ask for them."""
        return facts(
            producer=f"tensorflow {self.producer}" if self.producer else None,
            format_version=self.version,
            tags=", ".join(self.tags),
            signatures=", ".join(sorted(self.signatures)),
            nodes=self.operators.total(),
            operators=counted(self.operators),
            tensors=len(self.weights),
            parameters=sum(math.prod(int(size) for size in each.shape if size != "?") for each in self.weights),
            dtypes=dtypes(each.dtype for each in self.weights),
        )

    def interface(self) -> Interface | None:
        """Return the signature that servers use, else the first."""
        return self.signatures.get(_SERVING, next(iter(self.signatures.values()), None))

    def saved_model(self, model: Message) -> None:
        """Read a SavedModel."""
        for number, value in model.fields():
            if number == 1:
                self.version = str(number_of(value))
            elif number == 2 and isinstance(value, Message):
                self.graphs += 1
                self.meta_graph(value)

    def meta_graph(self, graph: Message) -> None:
        """Read a MetaGraphDef."""
        for number, value in graph.fields():
            if not isinstance(value, Message):
                continue
            if number == 1:
                self.producer = text_of(value.last(5)) or self.producer
                for tag in value.messages(4):
                    if len(self.tags) < MOST_FIELDS:
                        self.tags[tag.text()] = None
            elif number == 2:
                self.graph(value)
            elif number == 5:
                self.signature(text_of(value.last(1)), value.last(2))
            elif number == 7:
                for node in value.messages(1):
                    self.variable(node.last(7))

    def graph(self, graph: Message) -> None:
        """Count the operators of a GraphDef and of its functions."""
        for number, value in graph.fields():
            if number == 1 and isinstance(value, Message):
                count(self.operators, text_of(value.last(2)))
            elif number == 2 and isinstance(value, Message):
                for function in value.messages(1):
                    for node in function.messages(3):
                        count(self.operators, text_of(node.last(2)))

    def signature(self, name: str, value: int | Message | None) -> None:
        """Keep a SignatureDef."""
        if isinstance(value, Message) and name != _INITIALIZER and len(self.signatures) < MOST_FIELDS:
            needed = name == _SERVING or not self.signatures  # of the others the name alone is shown
            self.signatures[name] = (
                Interface(tuple(_fields(value, 1)), tuple(_fields(value, 2))) if needed else Interface()
            )

    def variable(self, value: int | Message | None) -> None:
        """Keep a SavedVariable."""
        if isinstance(value, Message):
            if len(self.weights) >= _MOST_WEIGHTS:
                message = f"was not read to its end: it has more than {_MOST_WEIGHTS} variables"
                raise OverBudget(message)
            self.weights.append(tensor(text_of(value.last(6)), _type(value.last(1)), _shape(value.last(2))))


def _fields(signature: Message, number: int) -> Iterator[Field]:
    """Yield the inputs or outputs of a signature by name: their order in the file is chance."""
    found: list[tuple[str, str, list[str]]] = []
    for each in signature.messages(number):
        about = each.last(2)
        if isinstance(about, Message) and len(found) < MOST_FIELDS:
            found.append((text_of(each.last(1)), _type(about.last(2)), _shape(about.last(3))))
    yield from (field(name, dtype, shape) for name, dtype, shape in sorted(found))


def _type(value: int | Message | None) -> str:
    kind = number_of(value)
    return _TYPES.get(kind, str(kind))


def _shape(value: int | Message | None) -> list[str]:
    """Return the sizes of a TensorShapeProto; ``?`` where one is not said."""
    if not isinstance(value, Message):
        return []
    sizes = []
    for dim in value.messages(2):
        size = number_of(dim.last(1))
        sizes.append(str(size) if size >= 0 else "?")
        if len(sizes) > 64:
            message = "has a shape of more than 64 dimensions"
            raise Malformed(message)
    return sizes
