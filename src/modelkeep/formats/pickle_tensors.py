"""The tensors and arrays in what a pickle would return, by the names under which they stand there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from msgspec import Struct

from modelkeep.formats.joblib_arrays import type_of
from modelkeep.formats.pickle_values import Global, Node, Value

_MOST, _DEEPEST = 50_000, 60
#: Keys of `torch.nn.Module` and of distributed checkpoints that stand between the names that people know.
_BETWEEN = frozenset({"_parameters", "_modules", "_buffers", "state_dict_metadata"})
_OF_STORAGE = {
    "BFloat16Storage": ("bfloat16", 2), "BoolStorage": ("bool", 1), "ByteStorage": ("uint8", 1), "CharStorage": ("int8", 1),
    "ComplexDoubleStorage": ("complex128", 16), "ComplexFloatStorage": ("complex64", 8), "DoubleStorage": ("float64", 8),
    "FloatStorage": ("float32", 4), "HalfStorage": ("float16", 2), "IntStorage": ("int32", 4), "LongStorage": ("int64", 8),
    "QInt32Storage": ("qint32", 4), "QInt8Storage": ("qint8", 1), "QUInt8Storage": ("quint8", 1),
    "ShortStorage": ("int16", 2), "UntypedStorage": ("", 1),
}  # fmt: skip


class FoundTensor(Struct, frozen=True):
    """A tensor: its name, type and shape; and the storage of PyTorch where its numbers begin, as key and place."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    place: tuple[Value, Value] | None = None


def parameters_of(tensors: Sequence[FoundTensor]) -> int:
    """Return how many numbers tensors hold; those that two of them share (tied weights) count once."""
    own = [math.prod(each.shape) for each in tensors if each.place is None]
    shared = {(each.place, each.shape): math.prod(each.shape) for each in tensors if each.place is not None}
    return sum(own) + sum(shared.values())


def tensors_of(roots: Sequence[Value]) -> list[FoundTensor]:
    """Return the tensors that are in the roots, each once."""
    found: list[FoundTensor] = []
    seen: set[int] = set()
    waiting: list[tuple[tuple[str, ...], Value]] = [((), root) for root in reversed(roots)]
    while waiting and len(found) < _MOST:
        path, value = waiting.pop()
        if not isinstance(value, (Node, tuple)) or id(value) in seen or len(path) > _DEEPEST:
            continue
        seen.add(id(value))
        tensor = _tensor(value) if isinstance(value, Node) else None
        if tensor is not None:
            found.append(FoundTensor(".".join(path) or "value", *tensor))
        else:
            waiting += reversed([((*path, *name), each) for name, each in _inside(value)])
    return found


def storage_type(node: Node) -> tuple[str, int] | None:
    """Return the type of what a storage of PyTorch holds and the bytes of each; None where a node is no storage."""
    args = node.args
    if node.kind != "persistent" or not isinstance(args, tuple) or len(args) < 5 or args[0] != "storage":
        return None
    return _OF_STORAGE.get(args[1].name) if isinstance(args[1], Global) else None


def storage_sizes(nodes: Sequence[Node]) -> dict[str, int]:
    """Return the bytes of each storage of PyTorch by its key."""
    found: dict[str, int] = {}
    for node in nodes:
        of = storage_type(node)
        if of is not None and isinstance(node.args[2], str) and isinstance(node.args[4], int):
            found[node.args[2]] = node.args[4] * of[1]
    return found


def _inside(value: Node | tuple[Value, ...]) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Yield the names and values of what a container or an object holds."""
    if isinstance(value, tuple):
        yield from (((str(place),), each) for place, each in enumerate(value))
        return
    yield from (((), each) for key, each in value.items if key in _BETWEEN)
    yield from (((str(key),), each) for key, each in value.items if key not in _BETWEEN and isinstance(key, (str, int)))
    if value.state is not None:
        yield (), value.state
    if value.kind == "call" and isinstance(value.args, tuple):
        yield from (((), each) for each in value.args)


_Made: TypeAlias = tuple[str, tuple[int, ...]] | tuple[str, tuple[int, ...], tuple[Value, Value]] | None


def _tensor(node: Node) -> _Made:  # noqa: PLR0911 - one a function that makes a tensor
    """Return the type, the shape and maybe the place of a tensor, None where a node is none."""
    if not isinstance(node.function, Global):
        return None
    args = node.args if isinstance(node.args, tuple) else ()
    match node.function.name, args:
        case (
            ("_rebuild_tensor_v2" | "_rebuild_tensor" | "_rebuild_qtensor"),
            (Node() as storage, begin, tuple() as shape, *_),
        ):
            return _placed(_typed((storage_type(storage) or ("",))[0], shape), storage, begin)
        case "_rebuild_tensor_v3", (Node() as storage, begin, tuple() as shape, _, _, _, Global() as dtype, *_):
            return _placed(_typed(dtype.name, shape), storage, begin)
        case (("_rebuild_parameter" | "_rebuild_parameter_with_state"), (Node() as tensor, *_)):
            return _tensor(tensor)
        case "_rebuild_from_type_v2", (Global() as function, _, tuple() as inner, *_):
            return None if function == node.function else _tensor(Node("call", function, inner))
        case "_frombuffer", (_, dtype, tuple() as shape, *_):
            return _typed(type_of(dtype), shape)
        case "_reconstruct", _ if isinstance(node.state, tuple) and len(node.state) > 2:
            return _typed(type_of(node.state[2]), node.state[1])
        case "NumpyArrayWrapper", _ if isinstance(node.state, Node):
            return _typed(type_of(node.state.get("dtype")), node.state.get("shape"))
        case "TensorStorageMetadata", _ if isinstance(node.state, Node):
            return _in_checkpoint(node.state.get("properties"), node.state.get("size"))
        case _:
            return None


def _in_checkpoint(properties: Value, size: Value) -> _Made:
    """Return the type and shape of a tensor of a distributed checkpoint, whose numbers are in another file."""
    match properties, size:
        case Node(state=(Global() as dtype, *_)), Node(function=Global(name="Size"), args=(tuple() as shape, *_)):
            return _typed(dtype.name, shape)
        case _:
            return None


def _placed(made: tuple[str, tuple[int, ...]] | None, storage: Node, begin: Value) -> _Made:
    key = storage.args[2] if storage_type(storage) is not None else None
    return made if made is None or not isinstance(key, str) or not isinstance(begin, int) else (*made, (key, begin))


def _typed(dtype: str, shape: Value) -> tuple[str, tuple[int, ...]] | None:
    if not isinstance(shape, tuple) or not all(isinstance(each, int) and 0 <= each < 1 << 60 for each in shape):
        return None
    return dtype or "?", tuple(int(each) for each in shape)
