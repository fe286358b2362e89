"""What a person can do next with a version: the lines to type, each with why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from modelkeep.domain.answers.pages import Version


class NextStep(NamedTuple):
    """A line to type, and why."""

    line: str
    why: str


def next_steps(version: Version, stages: Sequence[str]) -> list[NextStep]:
    """Return what is next for a version as it stands now; ``stages`` are those of the registry, the lowest first."""
    if version.deleted:
        return []
    ref = quote(version.ref)
    if version.archived:
        return [NextStep(f"modelkeep archive {ref} --undo", "it is archived")]
    if version.bad:
        return (
            [NextStep(f"modelkeep rollback {ref}", f"it is bad, and holds {version.stages[-1]}")]
            if version.stages
            else []
        )
    steps = []
    for each in version.requests:
        if each.state == "open" and each.needed and sum(bool(one.counts) for one in each.approvals) < each.needed:
            steps.append(NextStep(f"modelkeep approve {ref} {quote(each.stage)}", f"{each.who_may_approve} may"))
        elif each.state == "open":
            steps.append(
                NextStep(f"modelkeep promote {ref} {quote(each.stage)}", "it was asked for, and no approval is missing")
            )
    asked = {each.stage for each in version.requests if each.state == "open"}
    for share in version.shares:
        steps.append(
            NextStep(f"modelkeep promote {ref} {quote(share.stage)}", f"it has {share.share:g}% of {share.stage}")
        )
        asked.add(share.stage)
    held = [at for at, stage in enumerate(stages) if stage in version.stages]
    higher = stages[max(held, default=-1) + 1 :]
    if higher and version.state in ("development", "active") and higher[0] not in asked:
        steps.append(NextStep(f"modelkeep promote {ref} {quote(higher[0])}", "the next stage"))
    if "metrics" in version.missing:
        steps.append(NextStep(f"modelkeep evaluate {ref} --metrics metrics.json", "it has no metrics"))
    return steps
