"""Values that people and libraries hand to a Python API, and objects that answer as those of libraries do."""

import array
import enum
import functools
import io
import pathlib
import uuid
from collections import OrderedDict, UserDict, UserString, deque, namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType, SimpleNamespace
from unittest.mock import MagicMock

import numpy as np


class TensorShape:
    """The shape of a tensor of TensorFlow, which is no tuple."""

    def __init__(self, *sizes):
        self._sizes = sizes

    def __iter__(self):
        return iter(self._sizes)

    def __len__(self):
        return len(self._sizes)


class TensorFlowTensor:
    """An eager tensor of TensorFlow 2: it has no ``item()``, and its ``shape`` is no tuple."""

    def __init__(self, value):
        self._value = np.asarray(value, dtype=np.float32)
        self.shape = TensorShape(*self._value.shape)
        self.dtype = "<dtype: 'float32'>"

    def numpy(self):
        return self._value[()] if not self._value.shape else self._value

    def __array__(self, dtype=None, copy=None):
        return self._value

    def __float__(self):
        return float(self._value)

    def __iter__(self):
        if not self._value.shape:
            message = "Cannot iterate over a scalar tensor."
            raise TypeError(message)
        return iter([TensorFlowTensor(row) for row in self._value])

    def __bool__(self):
        return bool(self._value)

    def __eq__(self, other):
        message = "Cannot compare"
        raise RuntimeError(message)

    __hash__ = None

    def __repr__(self):
        return f"<tf.Tensor: shape=(), dtype=float32, numpy={self._value}>"


class TorchTensor:
    """A tensor of PyTorch that needs its gradient: ``numpy()`` and ``__array__`` raise, ``item()`` works."""

    def __init__(self, value):
        self._value = np.asarray(value)
        self.shape = self._value.shape
        self.dtype = "torch.float64"

    def item(self):
        return self._value.item()

    def numpy(self):
        message = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        raise RuntimeError(message)

    __array__ = numpy

    def tolist(self):
        return self._value.tolist()

    def __float__(self):
        return float(self._value)

    def __index__(self):
        message = "only integer tensors of a single element can be converted to an index"
        raise TypeError(message)

    def __iter__(self):
        return iter([TorchTensor(row) for row in self._value])

    def __len__(self):
        return len(self._value)


class MetaTensor(TorchTensor):
    """A tensor without data."""

    def item(self):
        message = "Tensor.item() cannot be called on meta tensors"
        raise RuntimeError(message)

    __float__ = __iter__ = tolist = item


class Unbound:
    """A proxy outside of its context, as those of web frameworks: every attribute raises."""

    def __getattribute__(self, name):
        message = "Working outside of application context."
        raise RuntimeError(message)


class Rude:
    """An object that cannot even be described."""

    def __repr__(self):
        raise RuntimeError

    __str__ = __repr__


class Broken(dict):
    """A mapping that cannot be read."""

    def items(self):
        message = "connection lost"
        raise OSError(message)


class BrokenPath:
    def __fspath__(self):
        return 3


class Config:
    """A configuration of transformers, or a table of pandas: it turns into a mapping."""

    def to_dict(self):
        return {"hidden_size": 768, "act": "gelu"}


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@dataclass
class Training:
    lr: float = 0.1
    layers: tuple = (64, 32)


Scores = namedtuple("Scores", "auc f1")  # noqa: PYI024

looped_list: list = []
looped_list.append(looped_list)
looped_dict: dict = {}
looped_dict["a"] = looped_dict

#: What makes each kind of value; called again for each use, because an iterator is used up.
MAKERS = {
    "none": lambda: None, "true": lambda: True, "false": lambda: False, "zero": lambda: 0, "one": lambda: 1, "minus": lambda: -1,
    "huge": lambda: 1 << 20_000, "float": lambda: 0.5, "one.0": lambda: 1.0, "nan": lambda: float("nan"), "inf": lambda: float("inf"),
    "complex": lambda: 1j, "decimal": lambda: Decimal("0.10"), "fraction": lambda: Fraction(1, 3), "empty": lambda: "", "x": lambda: "x",
    "space": lambda: " ", "nul": lambda: "a\0b", "surrogate": lambda: "a\ud800", "escaped byte": lambda: "a\udcff", "escape": lambda: "\x1b[2J",
    "long": lambda: "x" * 5_000, "at": lambda: "fraud@1", "latest": lambda: "fraud@latest", "bytes": lambda: b"x", "bad bytes": lambda: b"\xff\0",
    "bytearray": lambda: bytearray(b"x"), "memoryview": lambda: memoryview(b"xy"), "user string": lambda: UserString("x"),
    "path": lambda: pathlib.Path("model.onnx"), "no path": lambda: pathlib.Path("gone/x"), "pure path": lambda: pathlib.PurePosixPath("x"),
    "date": lambda: date(2026, 1, 2), "datetime": lambda: datetime(2026, 1, 2, tzinfo=UTC), "naive": lambda: datetime.fromisoformat("2026-01-02T03:04"),
    "zone": lambda: datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2, minutes=30))), "first": lambda: datetime.fromisoformat("0001-01-01"),
    "first zone": lambda: datetime.fromisoformat("0001-01-01T00:00+14:00"), "time": lambda: time(1, 2), "week": lambda: timedelta(days=7),
    "minus week": lambda: timedelta(days=-7), "longest": lambda: timedelta.max, "uuid": lambda: uuid.UUID(int=1), "enum": lambda: Colour.RED,
    "int enum": lambda: Level.HIGH, "list": lambda: ["a", "b"], "numbers": lambda: [1, 0.5, None], "tuple": lambda: ("a", 1), "pairs": lambda: [("a", 1), ("b", 0.5)],
    "three": lambda: [("a", 1, 2)], "empty list": list, "set": lambda: {"a", "b"}, "frozenset": lambda: frozenset({1, 2}), "deque": lambda: deque(["a"]),
    "range": lambda: range(3), "generator": lambda: (each for each in ("a", "b")), "iterator": lambda: iter([("a", 1)]), "dict": lambda: {"a": 1},
    "nested": lambda: {"a": {"b": [1, {"c": 2}]}}, "int keys": lambda: {1: 2}, "none keys": lambda: {None: None}, "keys": {"a": 1}.keys,
    "proxy": lambda: MappingProxyType({"a": 1}), "ordered": lambda: OrderedDict(a=1), "user dict": lambda: UserDict(a=1), "looped list": lambda: looped_list,
    "looped dict": lambda: looped_dict, "named tuple": lambda: Scores(0.9, 0.8), "dataclass": Training, "namespace": lambda: SimpleNamespace(lr=0.1),
    "config": Config, "function": lambda: len, "lambda": lambda: (lambda *_: None), "class": lambda: dict, "object": object, "partial": lambda: functools.partial(len),
    "ellipsis": lambda: ..., "not implemented": lambda: NotImplemented, "error": lambda: ValueError("x"), "mock": MagicMock, "rude": Rude,
    "unbound": Unbound, "broken": lambda: Broken(a=1), "broken path": BrokenPath, "bytes io": lambda: io.BytesIO(b"x"), "string io": lambda: io.StringIO("x"),
    "array": lambda: array.array("d", [0.5, 1]), "float32": lambda: np.float32(0.1), "float64": lambda: np.float64(1), "int64": lambda: np.int64(1), "bool_": lambda: np.bool_(True),
    "str_": lambda: np.str_("x"), "datetime64": lambda: np.datetime64("2026-01-02"), "timedelta64": lambda: np.timedelta64(7, "D"), "zero dimensions": lambda: np.array(0.5),
    "texts": lambda: np.array(["a", "b"]), "vector": lambda: np.arange(3), "matrix": lambda: np.eye(2), "dtype": lambda: np.dtype("float32"), "scalar class": lambda: np.float32,
    "record": lambda: np.zeros(1, dtype=[("a", "i4")])[0], "masked": lambda: np.ma.masked, "tf scalar": lambda: TensorFlowTensor(0.5), "tf vector": lambda: TensorFlowTensor([0.5, 1]),
    "torch scalar": lambda: TorchTensor(0.5), "torch vector": lambda: TorchTensor([0.5, 1]), "meta scalar": lambda: MetaTensor(0.5), "meta vector": lambda: MetaTensor([0.5]),
}  # fmt: skip
