"""How long the verdict of a stage can be in an entry, which has a limit: the rules of a policy must leave room."""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.domain.policy.rules import Gate, StageRules

#: The canonical bytes that the verdict of a promotion may have: two thirds of an entry.
LARGEST_VERDICT = 43_000
#: The bytes of a result besides the names that the policy chose: field names, a shortened value, its bound.
_RESULT_BYTES = 700
#: How long the name of a model can be, which a comparison with production quotes.
_REF_BYTES = 1_050


def largest_verdict(stage: StageRules) -> int:
    """Return an upper bound for the bytes of what the rules of a stage find."""
    return sum(map(_RESULT_BYTES.__add__, _names(stage)))


def _names(stage: StageRules) -> Iterator[int]:
    """Yield the bytes of names in each result."""
    if stage.after:
        yield sum(len(each) + 4 for each in stage.after)
    if stage.soak is not None:
        yield 2 * len(stage.soak.stage)
    yield from (len(word.encode()) for word in (*stage.require, *stage.recommend))
    for gate in stage.gates:
        yield from _bounds(gate)
    yield from (len(check.name) for check in stage.checks)
    yield from (2 * len(each.role or "") for each in stage.approvals)


def _bounds(gate: Gate) -> Iterator[int]:
    name = len(gate.metric.encode()) + len((gate.data or "").encode())
    yield from (name for bound in (gate.min, gate.max) if bound is not None)
    if gate.no_worse_than_production is not None:
        yield 2 * name + _REF_BYTES
