"""What makes a signature incompatible with another: what callers of the one would notice with the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from modelkeep.domain.known_documents import Field, Interface


def incompatibilities(before: Interface, after: Interface) -> tuple[str, ...]:
    """Return what breaks callers of ``before`` in ``after``, as ``input amount: int64, was float32``.

    Nothing may be removed, no type or shape may change, and a new input must be optional. New outputs and params with
    names of their own break nobody.
    """
    return (
        *_changes("input", before.inputs, after.inputs),
        *_new_inputs(before.inputs, after.inputs),
        *_changes("output", before.outputs, after.outputs),
        *_changes("param", before.params, after.params),
    )


def _changes(what: str, before: Sequence[Field], after: Sequence[Field]) -> Iterator[str]:
    there = _by_name(after)
    for name, field in _by_name(before).items():
        now = there.get(name)
        if now is None:
            yield f"{what} {_called(name)} is gone"
        elif _type(now) != _type(field):
            yield f"{what} {_called(name)}: {_words(now)}, was {_words(field)}"
        elif what == "input" and field.optional and not now.optional:
            yield f"input {_called(name)} is required, was optional"


def _new_inputs(before: Sequence[Field], after: Sequence[Field]) -> Iterator[str]:
    known = _by_name(before)
    for name, field in _by_name(after).items():
        if name not in known and not field.optional:
            yield f"input {_called(name)} is new, and required"


def _by_name(fields: Sequence[Field]) -> dict[tuple[str | int, int], Field]:
    """Return fields by name and how often the name stood there before; those without a name by their place."""
    seen: Counter[str | int] = Counter()
    found: dict[tuple[str | int, int], Field] = {}
    for place, field in enumerate(fields, start=1):
        name: str | int = place if field.name is None else field.name
        found[name, seen[name]] = field
        seen[name] += 1
    return found


def _called(name: tuple[str | int, int]) -> str:
    return f"number {name[0]}" if isinstance(name[0], int) else name[0]


def _type(field: Field) -> tuple[str, tuple[str, ...]]:
    """Return a type and shape; dimensions that are no numbers are the same, whatever they are called."""
    return field.dtype, tuple(each if each.isdecimal() else "?" for each in field.shape)


def _words(field: Field) -> str:
    return f"{field.dtype}[{', '.join(field.shape)}]" if field.shape else field.dtype
