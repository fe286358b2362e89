"""What `requests` prints, and the rules of a policy as `promote -n`, `approve` and `show` have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.views.interface import View, line, to_seconds
from modelkeep.cli.views.layout import facts, heading, indented, stack, table, text
from modelkeep.domain.answers.approvals import ApprovalRow, RequestRow
from modelkeep.domain.answers.changes import RuleFinding
from modelkeep.domain.answers.versions import AsOf, Tenure
from modelkeep.rendering import Clock, rule_word

if TYPE_CHECKING:
    from rich.console import RenderableType

_SHORT_PLAN = len("sha256:") + 32
_STYLES = {"holds": "green", "fails": "bold red", "warns": "yellow", "waived": "bold red"}


class RequestsView(View, frozen=True):
    """Requests for promotions, newest first.

    On a terminal those of one version (``detailed``) are shown with everything that each approver saw.
    """

    undocumented = ("detailed",)
    as_of: AsOf | None
    requests: Sequence[RequestRow]
    detailed: bool = False

    def lines(self) -> list[str]:
        return [
            line(
                each.request,
                each.ref,
                each.stage,
                each.state,
                to_seconds(each.time),
                each.actor,
                counting(each),
                each.plan,
                each.who_may_approve,
                each.reason,
            )
            for each in self.requests
        ]

    def identifiers(self) -> list[str]:
        return [str(each.request) for each in self.requests]

    def table(self, clock: Clock) -> RenderableType:
        if self.detailed:
            return stack(*(block for each in self.requests for block in request_blocks(each, clock)))
        rows = (
            (
                text(each.request, "bold"),
                each.ref,
                in_words(each),
                text(each.state, "yellow" if each.state == "open" else "dim"),
                f"{clock.ago(each.time)} ago by {each.actor}",
                counting(each),
                each.who_may_approve,
                each.reason,
            )
            for each in self.requests
        )
        columns = ("request", "version", "stage", "state", "asked", "approvals", "may approve", "reason")
        return table(columns, rows, fold=("may approve", "reason"), drop=("asked", "may approve"))


def counting(request: RequestRow) -> str:
    """Return how many approvals count, of an open request of how many that are needed: ``1/2``."""
    counts = [each.counts for each in request.approvals]
    counted = len(counts) if None in counts else sum(map(bool, counts))
    return str(counted) if request.needed is None else f"{counted}/{request.needed}"


def in_words(request: RequestRow) -> str:
    """Return the stage that was asked for, with its share: ``production at 10%``."""
    return request.stage if request.share is None else f"{request.stage} at {request.share:g}%"


def request_blocks(request: RequestRow, clock: Clock) -> Iterator[RenderableType]:
    """Yield a request as a page shows it: who asked, what the policy says, and each approval with what was seen."""
    reason = f': "{request.reason}"' if request.reason else ""
    state = text(request.state, "yellow" if request.state == "open" else "dim")
    yield text(f"request {request.request}", "bold") + text(f"  {request.ref} for {in_words(request)}  ", "") + state
    ended = request.ended
    rows: list[tuple[str, str | None]] = [("asked", f"{clock.second(request.time)} by {request.actor}{reason}")]
    if ended is not None:
        why = f': "{ended.reason}"' if ended.reason else ""
        rows.append((request.state, f"{clock.second(ended.time)} by {ended.actor} in entry {ended.seq}{why}"))
    if request.state == "open":
        replaces = (
            f"nothing: it holds {request.stage}" if request.holder == request.ref else request.holder or "nothing"
        )
        rows += [("would replace", replaces), ("plan", request.plan)]
        rows.append(("who may approve", request.who_may_approve))
    yield indented(facts(rows))
    if request.rules:
        yield indented(rule_table(request.rules))
    for each in request.approvals:
        yield from _approval(each, clock)


def _approval(approval: ApprovalRow, clock: Clock) -> Iterator[RenderableType]:
    """Yield an approval: whether it counts, and what the approver saw."""
    counts = {True: "counts", False: approval.why or "does not count", None: ""}[approval.counts]
    roles = f" ({', '.join(approval.roles)})" if approval.roles else ""
    reason = f': "{approval.reason}"' if approval.reason else ""
    by = f"approved {clock.second(approval.time)} by {approval.actor}{roles} in entry {approval.seq}{reason}"
    yield indented(text(f"{by}  ", "") + text(counts or " ", "green" if approval.counts else "yellow"))
    seen = approval.plan
    rows = [("saw it replace", seen.holder or "nothing"), *((f"saw {each.rule}", each.value) for each in seen.values)]
    yield indented(indented(facts(rows)))


def rule_table(rules: Sequence[RuleFinding]) -> RenderableType:
    """Return rules, a row each: whether it holds, the value that it found, and its bound."""
    rows = ((each.rule, text(rule_word(each), _STYLES[rule_word(each)]), each.value, each.bound) for each in rules)
    return table(("rule", "", "value", "must be"), rows, fold=("value", "must be"))


def rules_sections(tenures: Sequence[Tenure]) -> list[RenderableType]:
    """Return what the policy found when a version got each stage that it holds."""
    return [
        block
        for each in tenures
        if each.rules and each.until is None
        for block in (heading(f"rules of {each.stage}"), indented(rule_table(each.rules)))
    ]


def requests_section(requests: Sequence[RequestRow], clock: Clock) -> list[RenderableType]:
    """Return the requests for a version as its page shows them."""
    blocks = [block for each in requests for block in request_blocks(each, clock)]
    return [heading("requests"), *map(indented, blocks)] if blocks else []


def short_plan(digest: str) -> str:
    """Return the beginning of a plan's digest, which ``--plan`` takes."""
    return digest[:_SHORT_PLAN]
