"""GGUF: keys with values, a list of tensors, then their data. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md .

A model may be split into shards (``model-00001-of-00003.gguf``): they are one model, and bear the same ``shard-group``.
Files of one directory with different quantisations are different models.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from modelkeep.domain.known_documents import FileInspection
from modelkeep.formats.findings import dtypes, facts, few, numbered, problems, tensor
from modelkeep.formats.ggml_types import FILE_TYPES, TENSOR_TYPES
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, OverBudget
from modelkeep.formats.ranges import Ranges

MAGIC = b"GGUF"
_MOST_KEYS, _MOST_TENSORS, _MOST_ELEMENTS, _MOST_DIMENSIONS, _MOST_TEMPLATES = 10_000, 50_000, 5_000_000, 4, 100
_LONGEST_KEY, _LONGEST_TEXT, _LONGEST_TEMPLATE = 1000, 1000, 256 << 10
_TEMPLATE = "tokenizer.chat_template"
#: The fixed types of values by their number; then bool, text and array.
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 10: "Q", 11: "q", 12: "d"}
_SIZES = {"B": 1, "b": 1, "H": 2, "h": 2, "I": 4, "i": 4, "f": 4, "Q": 8, "q": 8, "d": 8}
_BOOL, _TEXT, _ARRAY = 7, 8, 9
_SHARD = re.compile(r"(?P<group>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE | re.DOTALL)
_DUNDER = re.compile(r"__\w+__")

Value = str | int | float | bool


class _Array(NamedTuple):
    """A list, of which only the length is kept."""

    length: int


class _Weight(NamedTuple):
    name: str
    shape: tuple[int, ...]
    dtype: int
    offset: int


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return architecture, quantisation, context length, tokenizer and tensors."""
    reading = _Reading(Ranges(file, budget))
    values = dict(reading.values())
    weights = list(reading.weights())
    reading.align(values.get("general.alignment", 32))
    inspection = FileInspection(
        path=file.path,
        format="gguf",
        facts=(*_facts(reading, values, weights), *_shard(file.path, values)),
        tensors=few(tensor(each.name, _type_name(each.dtype), each.shape) for each in weights),
        problems=(
            *problems("dangerous", _templates(values)),
            *problems("unverified", _long_templates(values)),
            *problems("invalid", (*reading.broken, *_misplaced(weights, file.size - reading.at))),
        ),
    )
    return FoundInFile(inspection)


class _Reading:
    """The header from its first byte to its last; ``at`` is how far it was read."""

    def __init__(self, source: Ranges) -> None:
        self._source = source
        self.at = 4
        self.broken: list[str] = []
        if source.read(0, 4) != MAGIC:
            message = "does not begin with GGUF"
            raise Malformed(message)
        self._order = "<"
        self.version = self._number("I")
        if self.version and not self.version & 0xFFFF:
            self.at, self._order = 4, ">"
            self.version = self._number("I")
        if self.version not in {1, 2, 3}:
            message = f"is of the version {self.version}, which is not known"
            raise Malformed(message)
        self._length = "I" if self.version == 1 else "Q"
        self._tensors, self._keys = self._number(self._length), self._number(self._length)
        # the shortest tensor and the shortest value: a count that the file cannot hold is not believed
        if self._tensors * 24 + self._keys * 13 > source.size:
            message = f"says that it has {self._tensors} tensors and {self._keys} values, and has {source.size} bytes"
            raise Malformed(message)
        if self._tensors > _MOST_TENSORS or self._keys > _MOST_KEYS:
            message = f"was not read: it has {self._tensors} tensors and {self._keys} values"
            raise OverBudget(message)

    @property
    def byte_order(self) -> str | None:
        """Big where it is not the usual one."""
        return "big" if self._order == ">" else None

    def values(self) -> Iterator[tuple[str, Value | _Array]]:
        """Yield keys and values."""
        seen, templates = set(), 0
        for _ in range(self._keys):
            key = self._text(_LONGEST_KEY)
            templates += key.startswith(_TEMPLATE)
            if templates > _MOST_TEMPLATES:
                message = f"has more than {_MOST_TEMPLATES} chat templates"
                raise Malformed(message)
            if key in seen:
                self.broken.append(f"the key {key!r} stands there twice")
            seen.add(key)
            yield key, self._value(self._number("I"), _LONGEST_TEMPLATE if key.startswith(_TEMPLATE) else _LONGEST_TEXT)

    def weights(self) -> Iterator[_Weight]:
        """Yield the tensors as the list describes them."""
        for _ in range(self._tensors):
            name = self._text(_LONGEST_KEY)
            count = self._number("I")
            if count > _MOST_DIMENSIONS:
                message = f"has a tensor {name!r} of {count} dimensions"
                raise Malformed(message)
            shape = tuple(self._number(self._length) for _ in range(count))
            yield _Weight(name, shape, self._number("I"), self._number("Q"))

    def align(self, alignment: object) -> None:
        """Go to where the data begins."""
        if (
            not isinstance(alignment, int)
            or isinstance(alignment, bool)
            or alignment < 1
            or alignment & (alignment - 1)
        ):
            message = f"has the alignment {alignment!r}, which is no power of 2"
            raise Malformed(message)
        if self._tensors:
            self.at += -self.at % alignment

    def _number(self, form: str) -> int:
        found = self._source.number(self._order + form, self.at)
        self.at += _SIZES[form]
        return found

    def _text(self, most: int) -> str:
        length = self._number(self._length)
        data = self._source.read(self.at, min(length, most))
        self.at = self._source.end_of(self.at, length)
        return data.decode("utf-8", "replace")

    def _value(self, kind: int, most: int) -> Value | _Array:
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind == _BOOL:
            return bool(self._number("B"))
        if kind == _TEXT:
            return self._text(most)
        if kind == _ARRAY:
            return self._array(0)
        message = f"has a value of the unknown type {kind} before byte {self.at}"
        raise Malformed(message)

    def _array(self, depth: int) -> _Array:
        kind, length = self._number("I"), self._number(self._length)
        if kind in _NUMBERS or kind == _BOOL:
            self.at = self._source.end_of(self.at, _SIZES[_NUMBERS.get(kind, "B")] * length)
            return _Array(length)
        if kind not in {_TEXT, _ARRAY} or depth > 4:
            message = f"has a list of the unknown type {kind} before byte {self.at}"
            raise Malformed(message)
        if length > _MOST_ELEMENTS:
            message = f"has a list of {length} texts before byte {self.at}"
            raise Malformed(message)
        if kind == _TEXT:
            self._skip_texts(length)
        else:
            for _ in range(length):
                self._array(depth + 1)
        return _Array(length)

    def _skip_texts(self, count: int) -> None:
        """Skip texts, a hundred thousand of a vocabulary in a fraction of a second."""
        width = _SIZES[self._length]
        order: Literal["little", "big"] = "little" if self._order == "<" else "big"
        source, at, size = self._source, self.at, self._source.size
        for _ in range(count):
            block, index = source.window(at)
            length = int.from_bytes(block[index : index + width], order)
            at += width + length
            if at > size:
                message = f"ends at byte {size}, and a text of {length} bytes is before byte {at}"
                raise Malformed(message)
        self.at = at


def _facts(reading: _Reading, values: dict[str, Value | _Array], weights: list[_Weight]) -> Iterator[tuple[str, str]]:
    architecture = values.get("general.architecture")
    tokens = values.get("tokenizer.ggml.tokens")
    file_type = values.get("general.file_type")
    known = {key: value for key, value in values.items() if not isinstance(value, _Array)}
    quantization = FILE_TYPES.get(file_type, str(file_type)) if isinstance(file_type, int) else _prevailing(weights)
    yield from facts(
        format_version=reading.version,
        byte_order=reading.byte_order,
        architecture=architecture,
        name=known.get("general.name"),
        size_label=known.get("general.size_label"),
        licence=known.get("general.license"),
        quantization=quantization,
        context_length=known.get(f"{architecture}.context_length"),
        embedding_length=known.get(f"{architecture}.embedding_length"),
        blocks=known.get(f"{architecture}.block_count"),
        tokenizer=known.get("tokenizer.ggml.model"),
        vocabulary=tokens.length if isinstance(tokens, _Array) else None,
        chat_template="yes" if _TEMPLATE in values else None,
        tensors=len(weights),
        parameters=sum(math.prod(each.shape) for each in weights),
        dtypes=dtypes(_type_name(each.dtype) for each in weights),
    )
    bases = (str(value) for key, value in known.items() if re.fullmatch(r"general\.base_model\.\d+\.repo_url", key))
    yield from numbered("base-model", bases)


def _prevailing(weights: list[_Weight]) -> str | None:
    """Return the type of most parameters, where the file does not say its own."""
    sizes: dict[str, int] = {}
    for each in weights:
        sizes[_type_name(each.dtype)] = sizes.get(_type_name(each.dtype), 0) + math.prod(each.shape)
    return max(sizes, key=lambda name: (sizes[name], name), default=None)


def _shard(path: str, values: dict[str, Value | _Array]) -> tuple[tuple[str, str], ...]:
    """Return which part of a model this file is: all parts have the same group, which is their path without numbers."""
    named = _SHARD.fullmatch(path)
    number, count = values.get("split.no"), values.get("split.count")
    if isinstance(count, int) and isinstance(number, int) and count > 1:
        number += 1
    elif named is not None:
        number, count = int(named["number"]), int(named["count"])
    else:
        return ()
    group = named["group"] if named is not None else path
    return facts(shard_group=group, shard=number, shards=count, shard_tensors=values.get("split.tensors.count"))


def _templates(values: dict[str, Value | _Array]) -> Iterator[str]:
    """Yield chat templates that reach for the insides of Python: some programs run them without a sandbox."""
    for key, value in values.items():
        if key.startswith(_TEMPLATE) and isinstance(value, str) and (found := _DUNDER.search(value)):
            yield f"its chat template uses {found[0]!r}: a program that does not confine templates runs code"


def _long_templates(values: dict[str, Value | _Array]) -> Iterator[str]:
    for key, value in values.items():
        if key.startswith(_TEMPLATE) and isinstance(value, str) and len(value.encode()) >= _LONGEST_TEMPLATE:
            yield f"its chat template was not read beyond {_LONGEST_TEMPLATE} bytes"


def _type_name(kind: int) -> str:
    return TENSOR_TYPES[kind][0] if kind in TENSOR_TYPES else str(kind)


def _misplaced(weights: list[_Weight], size: int) -> Iterator[str]:
    """Yield what is wrong with the places of tensors: outside of the file, or over each other."""
    end, names = 0, set()
    for each in sorted(weights, key=lambda each: (each.offset, each.name)):
        if each.name in names:
            yield f"there are two tensors {each.name!r}"
        names.add(each.name)
        if each.dtype not in TENSOR_TYPES:
            yield f"the tensor {each.name!r} is of the unknown type {each.dtype}"
            continue
        _, block, width = TENSOR_TYPES[each.dtype]
        if each.shape and each.shape[0] % block:
            yield f"the tensor {each.name!r} has rows of {each.shape[0]}, no multiple of {block}"
        if each.offset < end:
            yield f"the tensor {each.name!r} overlaps the one before it"
        end = each.offset + math.prod(each.shape) * width // block
        if end > size:
            yield f"the tensor {each.name!r} ends after the file"
