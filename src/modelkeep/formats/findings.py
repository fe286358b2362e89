"""What readers find, made fit for the log: facts, tensors, signatures, problems, and how many of each are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from itertools import islice
from typing import TypeVar

from modelkeep.domain.known_documents import Field, Problem, Tensor
from modelkeep.formats.interface import OverBudget, clean

_Name = TypeVar("_Name", bound=Hashable)

#: How many tensors, problems and fields of a file are kept; the fact ``tensors`` says how many there are.
MOST_TENSORS, MOST_PROBLEMS, MOST_FIELDS = 20_000, 1_000, 1_000
_MOST_COUNTED, _MOST_NUMBERED, _MOST_NAMES = 200, 100, 10_000


def facts(**values: object) -> tuple[tuple[str, str], ...]:
    """Return facts by name (``context_length`` is ``context-length``); those that are None or empty are left out."""
    found = ((name.replace("_", "-"), clean(str(value))) for name, value in values.items() if value is not None)
    return tuple((name, value) for name, value in found if value)


def numbered(name: str, texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return a fact for each text, as ``metadata.0``, ``metadata.1``; the first hundred."""
    return tuple((f"{name}.{i}", clean(text)) for i, text in enumerate(islice(texts, _MOST_NUMBERED)))


def counted(counts: Mapping[str, int]) -> str:
    """Return how often each name is used, as ``Conv 12, Relu 3``, the most frequent first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    more = len(ranked) - _MOST_COUNTED
    return ", ".join([f"{name} {count}" for name, count in ranked[:_MOST_COUNTED]] + [f"{more} more"] * (more > 0))


def count(counts: Counter[_Name], name: _Name) -> None:
    """Count a name once more; a file with very many names is refused. Raises `OverBudget`."""
    counts[name] += 1
    if len(counts) > _MOST_NAMES:
        message = f"was not read to its end: it has more than {_MOST_NAMES} kinds of operators"
        raise OverBudget(message)


def tensor(name: str, dtype: str, shape: Iterable[object]) -> Tensor:
    """Return a tensor; ``?`` stands for what the file leaves out."""
    return Tensor(clean(name) or "?", clean(dtype) or "?", tuple(clean(str(size)) or "?" for size in shape))


def field(name: str, dtype: str, shape: Iterable[object] = (), *, optional: bool = False) -> Field:
    """Return an input or an output."""
    return Field(clean(dtype) or "?", clean(name) or None, tuple(clean(str(size)) or "?" for size in shape), optional)


def few(tensors: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """Return tensors where they are few enough to be kept, none otherwise."""
    found = tuple(islice(tensors, MOST_TENSORS + 1))
    return found if len(found) <= MOST_TENSORS else ()


def problems(kind: str, texts: Iterable[str]) -> tuple[Problem, ...]:
    """Return problems of one kind, the first of them where there are many."""
    return tuple(Problem(kind, clean(text)) for text in islice(texts, MOST_PROBLEMS))


def dtypes(names: Iterable[str]) -> str:
    """Return the types of tensors with how many are of each, as ``F32 12, I64 1``."""
    return counted(Counter(names))
