"""The rules of a stage about what is in the files of a version: formats, pickles, the signature."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from modelkeep.domain.known_documents import Inspection, Interface, parse_inspection, parse_interface
from modelkeep.domain.policy.candidate import Candidate
from modelkeep.domain.policy.results import RuleResult
from modelkeep.domain.policy.rules import ContentRule, FormatsRule, StageRules
from modelkeep.domain.policy.shown import MISSING, one_of, short
from modelkeep.domain.signature_changes import incompatibilities
from modelkeep.errors import Damaged

if TYPE_CHECKING:
    from modelkeep.domain.state import State
    from modelkeep.domain.verbs.interface import Proposal

T = TypeVar("T")
#: Formats that say how files lie beside each other, not what is in them.
_LAYOUTS = ("huggingface", "mlflow")
#: Kinds of problems after which nobody knows what loading a file does, the worst first.
_UNSAFE = ("dangerous", "unknown", "unverified", "invalid")
#: Kinds of problems after which nobody knows of what format a file is.
_UNREAD = ("unverified", "invalid")


def content_results(proposal: Proposal, candidate: Candidate, stage: StageRules) -> Iterator[RuleResult]:
    """Yield what the rules about contents say."""
    if stage.formats is not None or stage.pickles is not None:
        inspection = _known(proposal, candidate, "inspection", parse_inspection)
        if stage.formats is not None:
            yield _formats(inspection, stage.formats)
        if stage.pickles is not None:
            yield _pickles(inspection, stage.pickles)
    if stage.signature is not None:
        yield _signature(proposal, candidate, stage.signature)


def _known(proposal: Proposal, candidate: Candidate, kind: str, parse: Callable[[bytes], T]) -> T | None:
    """Return a document of the version that asks for the stage; one that the intent registers brings its own."""
    if not candidate.is_new:
        return _of_version(proposal.state, candidate.model.seq, candidate.number, kind, parse)
    digest = candidate.documents.get(kind)
    return None if digest is None else parse(proposal.document(digest, kind))


def _of_version(state: State, model: int, number: int, kind: str, parse: Callable[[bytes], T]) -> T | None:
    digest = state.fact(model, number, kind, "")
    if digest is None:
        return None
    data = state.document(digest)
    if data is None:
        message = f"the {kind} {digest} is not among the documents"
        raise Damaged(message)
    return parse(data)


def _formats(inspection: Inspection | None, rule: FormatsRule) -> RuleResult:
    bound = f"only {one_of(rule.only)}"
    if inspection is None:
        return RuleResult("formats", MISSING, bound, passed=False, warn=rule.warn)
    found = [each for each in inspection.formats if each not in _LAYOUTS]
    other = [each for each in found if each not in rule.only]
    unread = _unread(inspection, _UNREAD)
    passed = bool(found) and not other and unread is None
    value = short(unread or ", ".join(other or found) or MISSING)
    return RuleResult("formats", value, bound, passed=passed, warn=rule.warn)


def _pickles(inspection: Inspection | None, rule: ContentRule) -> RuleResult:
    if inspection is None:
        return RuleResult("pickles", MISSING, rule.level, passed=False, warn=rule.warn)
    found = _unread(inspection, _UNSAFE)
    return RuleResult("pickles", short(found or "safe"), rule.level, passed=found is None, warn=rule.warn)


def _unread(inspection: Inspection, kinds: Sequence[str]) -> str | None:
    """Return why nobody knows what is in some files, None where all were read: the worst problem, and how many there are."""
    found = [(kinds.index(each.kind), path, each) for path, each in inspection.all_problems if each.kind in kinds]
    if not found:
        return None if inspection.unread is None else f"{inspection.unread} files were not read"
    _, path, worst = min(found, key=lambda each: each[0])
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    what = worst.text.partition(",")[0]
    return f"{worst.kind}: {'' if path is None else f'{path}: '}{what}{more}"


def _signature(proposal: Proposal, candidate: Candidate, rule: ContentRule) -> RuleResult:
    """Return whether callers of what is in the last stage can call the version."""
    state, model = proposal.state, candidate.model
    mine = _known(proposal, candidate, "interface", parse_interface)
    production = state.stages()[-1].name
    holder = state.last_holder(model.seq, production)
    version = None if holder is None else state.version(model.seq, holder.version)
    if holder is None or (holder.until is not None and (version is None or version.bad or version.deleted)):
        value, bound = MISSING if mine is None else "there", f"there: nothing is in {production}"
        return RuleResult("signature", value, bound, passed=mine is not None, warn=rule.warn)
    ref = model.ref(holder.version)
    bound = f"{rule.level} with {ref}"
    theirs = _of_version(state, model.seq, holder.version, "interface", parse_interface)
    if mine is None or theirs is None:
        bound += "" if theirs is not None else ", which has no signature"
        value = MISSING if mine is None else "there"
        return RuleResult("signature", value, bound, passed=False, warn=rule.warn)
    return _compared(theirs, mine, bound, rule)


def _compared(theirs: Interface, mine: Interface, bound: str, rule: ContentRule) -> RuleResult:
    found = incompatibilities(theirs, mine)
    value = short("; ".join(found) or rule.level)
    return RuleResult("signature", value, bound, passed=not found, warn=rule.warn)
