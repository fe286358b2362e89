"""How long the verdict of a stage can be in an entry, which has a limit: the rules of a policy must leave room."""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.domain.policy.rules import StageRules

#: The canonical bytes that the verdict of a promotion may have: two thirds of an entry.
LARGEST_VERDICT = 43_000
#: The bytes of a result besides the names that the policy chose: field names, the shortened value, its bound.
_RESULT_BYTES, _METRIC_BYTES = 350, 950
#: How long the name of a model can be, which a comparison with production quotes.
_REF_BYTES = 1_150
#: How long the value of a rule about contents can be beyond that of other rules: it has 100 characters of any script.
_PATH_BYTES = 600


def largest_verdict(stage: StageRules) -> int:
    """Return an upper bound for the bytes of what the rules of a stage find."""
    return sum(_metric_results(stage)) + sum(_RESULT_BYTES + names for names in _names(stage))


def _names(stage: StageRules) -> Iterator[int]:
    """Yield the bytes of names in each result that is about no metric."""
    if stage.after:
        yield sum(len(each) + 4 for each in stage.after)
    if stage.soak is not None:
        yield 2 * len(stage.soak.stage)
    yield from (len(word.encode()) for word in (*stage.require, *stage.recommend))
    yield from (len(check.name) for check in stage.checks)
    yield from (2 * len(each.role or "") for each in stage.approvals)
    yield from _content_names(stage)


def _content_names(stage: StageRules) -> Iterator[int]:
    """Yield the bytes of names in each result about contents; the value may quote a path."""
    if stage.formats is not None:
        yield _PATH_BYTES + sum(len(each) + 4 for each in stage.formats.only)
    if stage.pickles is not None:
        yield _PATH_BYTES
    if stage.signature is not None:
        yield _PATH_BYTES + _REF_BYTES


def _metric_results(stage: StageRules) -> Iterator[int]:
    """Yield the bytes of each result about a metric."""
    for gate in stage.gates:
        names = _METRIC_BYTES + len(gate.metric.encode()) + len((gate.data or "").encode())
        yield from (names for bound in (gate.min, gate.max) if bound is not None)
        if gate.no_worse_than_production is not None:
            yield 2 * names + _REF_BYTES
