"""The last sections of a report: roles, the policy and its changes, and the head of the log."""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.domain.answers.period import Report
from modelkeep.papers.markdown import escape, facts, heading, minute, table
from modelkeep.rendering import counted


def roles_blocks(found: Report) -> Iterator[list[str]]:
    """Yield who had which role at the end of the period, and what was granted and revoked in it."""
    yield heading(2, "Who has which role")
    if not found.roles:
        yield ["No policy had roles: every account that can write the registry may do everything."]
    else:
        yield table(
            ("Role", "Accounts and groups", "May"),
            (
                (
                    each.role,
                    ", ".join(bearer.who for bearer in each.bearers) or "nobody",
                    ", ".join(each.may) or "nothing",
                )
                for each in found.roles
            ),
        )
    if found.role_changes:
        yield ["", "Granted and revoked in the period:", ""]
        yield table(
            ("Entry", "When", "What", "By", "Because"),
            ((each.seq, minute(each.time), each.sentence, each.actor, each.reason) for each in found.role_changes),
        )


def policy_blocks(found: Report) -> Iterator[list[str]]:
    """Yield the policy in force, and how it was changed."""
    yield heading(2, "The policy")
    if found.policy is None:
        yield ["There was no policy."]
    else:
        policy = found.policy
        yield facts(
            [
                ("In force since", f"{minute(policy.since)}, entry {policy.seq}, by {policy.actor}"),
                ("Digest", policy.digest),
            ]
        )
        yield [
            "",
            *table(("About", "Rule", "Says"), ((each.subject, each.rule, each.says) for each in found.statements)),
        ]
    for change in found.policy_changes:
        yield heading(3, f"Changed in entry {change.seq}")
        yield facts(
            [("By", f"{change.actor}, {minute(change.time)}"), ("Because", change.reason), ("Digest", change.digest)]
        )
        rows = ((each.subject, each.rule, each.before or "none", each.after or "none") for each in change.differences)
        yield ["", *table(("About", "Rule", "Before", "After"), rows)]


def proof_blocks(found: Report) -> Iterator[list[str]]:
    """Yield the entries and hashes that identify the log, and the result of `verify`."""
    yield heading(2, "The log")
    yield facts(
        [
            ("Last entry of the period", f"{found.end.seq}, {minute(found.end.time)}, {found.end.hash}"),
            ("Head of the log", f"{found.head.seq}, {minute(found.head.time)}, {found.head.hash}"),
        ]
    )
    verified = found.verified
    if verified is None:
        yield ["", "The log was **not verified** for this report: `modelkeep report --verify` does it."]
        return
    result = "is intact" if verified.ok else "is **NOT intact**"
    read = counted(verified.entries, "entry", "entries")
    found_words = f"{counted(verified.errors, 'error')}, {counted(verified.warnings, 'warning')}"
    yield ["", f"`modelkeep verify --log` read {read} up to entry {verified.head.seq} and made each decision again."]
    yield ["", f"Its head is {verified.head.hash}. The log {result}: {found_words}."]
    yield ["", *(f"- {escape(each)}" for each in verified.findings)]
