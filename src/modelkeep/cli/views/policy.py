"""What `policy` prints: the rules in words, their TOML, differences, and what a change means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from modelkeep.cli.views.changes import ChangeView
from modelkeep.cli.views.interface import View, line, to_seconds
from modelkeep.cli.views.layout import facts, heading, indented, stack, table, text
from modelkeep.domain.answers.policy import Policy, PolicyDiff, PolicyRow, PolicySet
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.policy.statements import PolicyDifference
from modelkeep.domain.text import printable
from modelkeep.rendering import Clock, counted, finding_words

if TYPE_CHECKING:
    from rich.console import RenderableType

#: How many holders and differences the notes of a change name.
_MOST_NAMED = 40
_NOT_THERE = "-"
NONE = "none"


class PolicyFilesView(View, frozen=True):
    """The files that `policy init` wrote."""

    exact = True
    kind: str
    files: Sequence[str]

    def identifiers(self) -> list[str]:
        return list(self.files)

    def notes(self) -> list[str]:
        """Return what to do with them."""
        from modelkeep.cli.typed_line import hint_line

        return [
            "read and edit both: the policy is what modelkeep enforces, MODELS.md what your team agrees on",
            f"next: {hint_line(['policy', 'set', self.files[0], '-n'])}        (shows what it would mean)",
        ]


class PolicySetView(ChangeView, frozen=True):
    """A policy that was put in force, and what that means."""

    answer: PolicySet

    def identifiers(self) -> list[str]:
        return [self.answer.digest]

    def notes(self) -> list[str]:
        """Return the differences in words, the holders that would not pass and the approvals that are void."""
        found = self.answer
        return [
            *self._outcome(),
            *self._differences(),
            *self._holders(),
            *found.notes,
            *(
                f"request {each.request} ({each.ref} to {each.stage}): the rules changed, so "
                f"{counted(each.approvals, 'approval')} of it {'does' if each.approvals == 1 else 'do'} not count any longer"
                if each.approvals
                else f"request {each.request} ({each.ref} to {each.stage}) is judged by the new rules"
                for each in found.requests
            ),
        ]

    def _differences(self) -> Iterable[str]:
        found = self.answer
        if found.changed and not found.dry_run and found.effects[0].before == NONE:
            return [f"{counted(len(found.differences), 'rule')}: modelkeep policy show"]
        if found.changed and not found.differences:
            return ["no rule changed, only the text of the policy"]
        return _some([_words(each) for each in found.differences], "difference")

    def _holders(self) -> list[str]:
        found = self.answer
        if not found.judged or not found.changed:
            return []
        told = [
            f"{each.ref} stays in {each.stage}, and would not pass today: "
            + "; ".join(map(finding_words, each.refused))
            for each in found.holders
        ]
        most = "" if found.complete else f" (only {found.judged:,} were judged, the highest stage and the newest first)"
        if not told:
            return [f"what holds a stage would pass today: {counted(found.judged, 'version')}{most}"]
        return [*_some(told, "version"), *([most.strip()] if most else [])]


class PolicyView(View, frozen=True):
    """A policy: a pipe gets its TOML, a terminal its rules in words."""

    exact = True
    answer: Policy
    as_of: AsOf | None

    def identifiers(self) -> list[str]:
        return [self.answer.digest]

    def lines(self) -> list[str]:
        return self.answer.source.removesuffix("\n").split("\n")

    def table(self, clock: Clock) -> RenderableType:
        policy = self.answer
        blocks: list[RenderableType] = [
            facts(
                [
                    ("in force since", f"{clock.minute(policy.time)} by {policy.actor} (entry {policy.seq})"),
                    ("until", None if policy.until is None else f"entry {policy.until}"),
                    ("because", policy.reason),
                    ("digest", policy.digest),
                ]
            )
        ]
        for subject, rules in groupby(policy.statements, key=lambda each: each.subject):
            listed = facts((each.rule, text(each.says, "")) for each in rules)
            blocks += ["", heading(subject), indented(listed)]
        return stack(*blocks)


class PoliciesView(View, frozen=True):
    """The policies that were in force."""

    as_of: AsOf | None
    policies: Sequence[PolicyRow]

    def identifiers(self) -> list[str]:
        return [each.digest for each in self.policies]

    def lines(self) -> list[str]:
        return [
            line(each.seq, to_seconds(each.time), each.actor, each.digest, each.until, each.reason)
            for each in self.policies
        ]

    def table(self, clock: Clock) -> RenderableType:
        rows = (
            (f"seq:{each.seq}", clock.minute(each.time), each.actor, each.digest[:19], each.reason)
            for each in self.policies
        )
        return table(("entry", "since", "by", "policy", "because"), rows, fold=("because",), drop=("policy",))


class PolicyDiffView(View, frozen=True):
    """How two policies differ, rule by rule."""

    answer: PolicyDiff

    def identifiers(self) -> list[str]:
        return [f"{each.subject}: {each.rule}" for each in self.answer.differences]

    def lines(self) -> list[str]:
        return [line(each.subject, each.rule, each.before, each.after) for each in self.answer.differences]

    def table(self, clock: Clock) -> RenderableType:
        rows = (
            (each.subject, each.rule, each.before or _NOT_THERE, each.after or _NOT_THERE)
            for each in self.answer.differences
        )
        names = ("about", "rule", self.answer.before, self.answer.after)
        return table(names, rows, fold=names[1:], title=2)


def _words(difference: PolicyDifference) -> str:
    """Return a difference as a sentence: ``stage production, metric auc: at least 0.9 -> at least 0.92``."""
    where = f"{difference.subject}, {difference.rule}"
    if difference.before is None:
        return printable(f"new: {where}: {difference.after}")
    if difference.after is None:
        return printable(f"gone: {where}: {difference.before}")
    return printable(f"changed: {where}: {difference.before} -> {difference.after}")


def _some(told: Sequence[str], what: str) -> Iterable[str]:
    """Return the first sentences, and how many more there are."""
    yield from told[:_MOST_NAMED]
    if len(told) > _MOST_NAMED:
        yield f"{counted(len(told) - _MOST_NAMED, f'more {what}', f'more {what}s')} (--json has all)"
