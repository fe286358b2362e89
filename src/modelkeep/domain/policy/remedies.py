"""The lines that add what a refused promotion lacks: metadata, a reason, the result of a check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import TYPE_CHECKING

from modelkeep.domain.policy.candidate import Candidate

if TYPE_CHECKING:
    from modelkeep.domain.policy.results import RuleResult

#: What `register` is given for a word of ``require``.
_FLAGS = {
    "data": "--data NAME@VERSION",
    "code": "--code REV",
    "clean-code": "--code REV",
    "licence": "--licence SPDX",
    "description": "--description TEXT",
    "label": "--label 1.0.0",
    "reason": '-m "why"',
    "environment": "--env auto",
}
#: What adds such a word to a version later, and the command; data and code belong to a registration.
_LATER = {
    "licence": ("say its licence", "supplement {} --licence SPDX"),
    "description": ("describe it", "describe {} TEXT"),
    "label": ("label it", "label {} 1.0.0"),
    "signature": ("say its signature", "supplement {} --signature FILE"),
}
_TAG, _CHECK = "tag.", "check "


def remedies(candidate: Candidate, promote: str, refused: Sequence[RuleResult]) -> Iterator[str]:
    """Yield a line for each kind of thing that is missing, as ``to describe it: modelkeep describe fraud@1 TEXT``.

    ``promote`` is the line that was refused.
    """
    missing = [each.rule for each in refused if each.value in ("missing", "dirty")]
    flags = dict.fromkeys(_flag(rule) for rule in missing if rule in _FLAGS or rule.startswith(_TAG))
    if candidate.is_new:
        if flags:
            yield f"to add what is missing: {' '.join(flags)}"
        return
    ref = quote(candidate.ref)
    again = dict.fromkeys(_FLAGS[rule] for rule in missing if rule in ("data", "code", "clean-code"))
    if again:
        flags_again = " ".join(again)
        yield f"to record data or code: modelkeep register {quote(candidate.model.name)} PATH {flags_again} --if-exists new"
    if "environment" in missing:
        yield f"to record its environment: modelkeep register {quote(candidate.model.name)} PATH --env auto --if-exists new"
    for rule in missing:
        if rule in _LATER:
            what, command = _LATER[rule]
            yield f"to {what}: modelkeep {command.format(ref)}"
        elif rule.startswith(_CHECK):
            yield f"to check it: modelkeep check run {ref} {rule.removeprefix(_CHECK)} -- COMMAND"
    if tags := [f"{quote(rule.removeprefix(_TAG))}=VALUE" for rule in missing if rule.startswith(_TAG)]:
        yield f"to tag it: modelkeep tag {ref} {' '.join(tags)}"
    if "reason" in missing:
        yield f"to say why: {promote} {_FLAGS['reason']}"


def _flag(rule: str) -> str:
    """Return what `register` is given for a rule about metadata."""
    return _FLAGS.get(rule) or f"--tag {quote(rule.removeprefix(_TAG))}=VALUE"
