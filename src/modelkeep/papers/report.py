"""The report of a period as one Markdown file for the person who must sign it.

The same head and period make the same bytes: nothing of it depends on the clock or the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modelkeep.domain.answers.approvals import RequestRow
from modelkeep.domain.answers.period import Report, StageChange
from modelkeep.papers.markdown import escape, facts, heading, minute, page, table
from modelkeep.papers.report_basis import policy_blocks, proof_blocks, roles_blocks
from modelkeep.rendering import counted, rule_word

_WHAT = {
    "promoted": "promoted",
    "registered": "registered into it",
    "rolled_back": "rolled back",
    "retired": "retired",
    "archived": "archived",
    "deleted": "deleted",
    "model_deleted": "deleted with its model",
}
_NOTHING = ["Nothing."]
_EXCEPTIONS = (
    "Changes that waived rules of the policy (break-glass), and changes with --force (forced), which promotes bad and "
    "archived versions and deletes what was in a protected stage."
)


def report_page(found: Report) -> str:
    """Return the page."""
    return page(
        [
            _title(found),
            _summary(found),
            *_changes(found),
            *_requests(found),
            *_checks(found),
            *_exceptions(found),
            *_items(found),
            *_deployments(found),
            *roles_blocks(found),
            *policy_blocks(found),
            *proof_blocks(found),
            *_signature(),
        ]
    )


def _title(found: Report) -> list[str]:
    what = "all models" if found.model is None else escape(found.model)
    period, between = found.period, "no entry"
    if period.begins is not None:
        between = f"entries {period.first} to {period.last}, {minute(period.begins)} to {minute(period.ends)}"
    bounds = (("since", period.since), ("until", period.until))
    asked = [f"{word} {_moment(text)}" for word, text in bounds if text is not None]
    return [
        *heading(1, f"Model registry report: {what}"),
        *facts(
            [
                ("Registry", found.registry),
                ("Period", between),
                ("Asked for", " ".join(asked)),
                ("Stages", ", ".join(found.stages)),
                ("As it stood after", f"entry {found.end.seq}, {found.end.hash}"),
            ]
        ),
        "",
        "Times are UTC. Names are accounts of the operating system, as the program saw them.",
    ]


def _moment(text: str) -> str:
    """Return a moment that was asked for: an entry as it was typed, a time to the minute, or exactly where it has more."""
    if text.startswith("seq:"):
        return text
    return minute(text) if text.endswith((":00.000000Z", ":59.999999Z")) else text


def _summary(found: Report) -> list[str]:
    def of(*kinds: str) -> int:
        return sum(each.what in kinds for each in found.changes)

    numbers = [
        (of("promoted", "registered"), "promotion"),
        (of("rolled_back"), "rollback"),
        (sum(each.ended is None for each in found.requests), "open request"),
        (sum(each.closed is None for each in found.items), "open item"),
        (len(found.exceptions), "exception"),
        (len(found.checks), "check"),
        (len(found.policy_changes), "change of the policy"),
    ]
    plural = {"change of the policy": "changes of the policy"}
    lines = [counted(found.registered, "version registered", "versions registered")]
    lines += [counted(number, word, plural.get(word)) for number, word in numbers]
    return [*heading(2, "Summary"), *(f"- {each}" for each in lines)]


def _changes(found: Report) -> Iterator[list[str]]:
    yield heading(2, f"What changed in {escape(' and '.join(found.stages))}")
    if not found.changes:
        yield _NOTHING
        return
    yield table(
        ("Entry", "When", "Stage", "Before", "After", "What", "By", "Asked by", "Approved by"),
        (
            (
                each.seq, minute(each.time), each.stage, _before(each), _after(each), _what(each), each.actor,
                each.asked_by, ", ".join(given.actor for given in each.approvals),
            )
            for each in found.changes
        ),
    )  # fmt: skip
    for each in found.changes:
        yield _change(each)


def _change(change: StageChange) -> list[str]:
    return [
        *heading(3, f"Entry {change.seq}: {escape(_sentence(change))}"),
        *facts(
            [
                ("By", f"{change.actor}, {minute(change.time)}"),
                ("Because", change.reason),
                ("Registered by", change.registered_by),
                ("Author", change.author),
                ("Asked for by", None if change.request is None else f"{change.asked_by} (entry {change.request})"),
                *(("Approved by", _approval(each.actor, each.roles, each.seq, each.time)) for each in change.approvals),
                ("By the rule", change.rule),
                ("Forced", "with --force, which takes a bad or archived version too" if change.forced else None),
                ("Waived", counted(change.waived, "rule") if change.waived else None),
            ]
        ),
        "",
        *_rules(change),
    ]


def _rules(change: StageChange) -> list[str]:
    if change.rules:
        rows = ((each.rule, each.value, each.bound, rule_word(each)) for each in change.rules)
        return table(("Rule", "Value", "Must be", "Result"), rows)
    return ["No rule of a policy was asked."] if change.what in ("promoted", "registered") else []


def _sentence(change: StageChange) -> str:
    return f"{change.stage}: {_before(change)} -> {_after(change)} ({_what(change)})"


def _before(change: StageChange) -> str:
    """Return the version that was there; a share is beside the holder, and displaces nobody."""
    if change.share is None:
        return change.before or "none"
    return change.before or "beside the holder" if change.after is not None else f"{change.before} at {change.share:g}%"


def _after(change: StageChange) -> str:
    return (change.after or "none") + ("" if change.share is None or change.after is None else f" at {change.share:g}%")


def _what(change: StageChange) -> str:
    return _WHAT.get(change.what, change.what)


def _approval(actor: str, roles: Sequence[str], seq: int, time: str) -> str:
    as_ = f" as {', '.join(roles)}" if roles else ""
    return f"{actor}{as_} (entry {seq}, {minute(time)})"


def _requests(found: Report) -> Iterator[list[str]]:
    yield heading(2, "Requests and approvals")
    yield _table_or_nothing(
        ("Entry", "When", "Version", "Stage", "Asked by", "Because", "Approvals", "Became"),
        [
            (
                each.request, minute(each.time), each.ref, each.stage, each.actor, each.reason,
                "; ".join(_given(each)), _ended(each),
            )
            for each in found.requests
        ],
    )  # fmt: skip


def _given(request: RequestRow) -> Iterator[str]:
    for each in request.approvals:
        why = {None: "", True: ", counted", False: f", did not count: {each.why}"}[each.counts]
        yield f"{_approval(each.actor, each.roles, each.seq, each.time)}{why}"


def _ended(request: RequestRow) -> str:
    if request.ended is None:
        return request.state
    return f"{request.state} by {request.ended.actor} (entry {request.ended.seq})"


def _checks(found: Report) -> Iterator[list[str]]:
    yield heading(2, "Checks")
    yield _table_or_nothing(
        ("Entry", "When", "Version", "Check", "Result", "By", "Expires", "Evidence"),
        [
            (
                each.seq, minute(each.time), each.ref, each.name, each.result, each.actor,
                None if each.expires is None else minute(each.expires), each.evidence,
            )
            for each in found.checks
        ],
    )  # fmt: skip


def _exceptions(found: Report) -> Iterator[list[str]]:
    yield heading(2, "Exceptions")
    yield [_EXCEPTIONS, ""]
    yield _table_or_nothing(
        ("Entry", "When", "Kind", "What", "By", "Because"),
        [(each.seq, minute(each.time), each.kind, each.sentence, each.actor, each.reason) for each in found.exceptions],
    )


def _items(found: Report) -> Iterator[list[str]]:
    yield heading(2, "Items for a person")
    rows = [
        (
            each.seq, minute(each.time), each.item, each.ref, each.sentence, each.actor,
            "OPEN" if each.closed is None else f"acknowledged by {each.closed_by} (entry {each.closed})", each.answer,
        )
        for each in sorted(found.items, key=lambda each: each.closed is not None)
    ]  # fmt: skip
    yield _table_or_nothing(("Entry", "Since", "Item", "Version", "What", "By", "State", "Answer"), rows)


def _deployments(found: Report) -> Iterator[list[str]]:
    yield heading(2, "What runs where")
    yield _table_or_nothing(
        ("Target", "Version", "Status", "Share", "Since", "Recorded by"),
        [
            (
                each.target, each.ref, each.status, None if each.share is None else f"{each.share:g}%",
                minute(each.time), each.actor,
            )
            for each in found.deployments
        ],
    )  # fmt: skip


def _signature() -> Iterator[list[str]]:
    yield heading(2, "Signed")
    yield [*table(("Name", "Role", "Date", "Signature"), []), "|  |  |  |  |"]


def _table_or_nothing(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    listed = list(rows)
    return table(columns, listed) if listed else _NOTHING
