"""The lists of a report: checks, exceptions, what a person had to look at, deployments, roles and policies."""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.context import Context
from modelkeep.domain.answers.period import (
    CheckLine,
    DeploymentLine,
    ExceptionLine,
    ItemLine,
    Period,
    PolicyChange,
    RoleChange,
)
from modelkeep.domain.answers.reports import AuditEntry
from modelkeep.domain.entry import Entry, parse_entry
from modelkeep.domain.policy.rules import Rules, parse_rules
from modelkeep.domain.policy.statements import differences
from modelkeep.domain.shares import to_percent
from modelkeep.domain.verbs.check import Check
from modelkeep.domain.verbs.delete import Delete
from modelkeep.domain.verbs.promote import Promote
from modelkeep.reads.history import as_sentences
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import audit, periods, policies
from modelkeep.store.db.sql.references import name_of

_PAGE_ENTRIES = 200


def check_lines(context: Context, model: int | None, period: Period) -> tuple[CheckLine, ...]:
    """Return the checks that were recorded, in the order of the log."""
    found = []
    for line, entry in _entries(context, model, "check", period):
        command = entry.intent.command
        if isinstance(command, Check):
            found.append(
                CheckLine(
                    line.seq, line.time, line.actor, entry.subject_name or "", command.name, command.result,
                    command.evidence, command.expires,
                )
            )  # fmt: skip
    return tuple(found)


def exception_lines(context: Context, model: int | None, period: Period) -> tuple[ExceptionLine, ...]:
    """Return the changes with ``--break-glass`` or ``--force``, of any stage, in the order of the log."""
    found = []
    for action in ("promote", "delete"):
        for line, entry in _entries(context, model, action, period):
            command = entry.intent.command
            kinds = []
            if isinstance(command, Promote) and command.break_glass:
                kinds.append("break-glass")
            if isinstance(command, Promote | Delete) and command.force:
                kinds.append("forced")
            found += [
                ExceptionLine(line.seq, line.time, line.actor, kind, entry.subject_name or "", _bare(line), line.reason)
                for kind in kinds
            ]
    return tuple(sorted(found, key=lambda each: (each.seq, each.kind)))


def item_lines(context: Context, model: int | None, period: Period) -> tuple[ItemLine, ...]:
    """Return what a person had to look at in the period, and what was open at its end."""
    with context.database.reading() as reader:
        found = []
        for seq, item, of_model, version, closed in periods.items(reader, model, period.first, period.last):
            opened = _sentence(reader, seq)
            acknowledged = None if closed is None else _sentence(reader, closed)
            found.append(
                ItemLine(
                    seq, opened.time, opened.actor, item, f"{name_of(reader, period.last, of_model)}@{version}",
                    _bare(opened), closed, None if acknowledged is None else acknowledged.actor,
                    None if acknowledged is None else acknowledged.reason,
                )
            )  # fmt: skip
        return tuple(found)


def deployment_lines(reader: Reader, model: int | None, last: int) -> tuple[DeploymentLine, ...]:
    """Return what ran where after an entry."""
    return tuple(
        DeploymentLine(
            seq, time, actor, f"{name_of(reader, last, of_model)}@{version}", target, status, to_percent(share)
        )
        for seq, time, actor, of_model, version, target, status, share in periods.deployments(reader, last, model)
    )


def role_changes(context: Context, period: Period) -> tuple[RoleChange, ...]:
    """Return the roles that were given and taken."""
    return tuple(
        RoleChange(line.seq, line.time, line.actor, _bare(line), line.reason)
        for line, _ in _entries(context, None, "role", period)
    )


def policy_changes(context: Context, period: Period) -> tuple[PolicyChange, ...]:
    """Return the policies that were put in force, each with how it differs from the one before."""
    with context.database.reading() as reader:
        before, found = Rules(), []
        for seq, time, actor, reason, digest, _, _, rules in policies.ALL.rows(reader, period.last):
            after = parse_rules(rules.encode())
            if seq >= period.first:
                found.append(PolicyChange(seq, time, actor, reason, digest, differences(before, after)))
            before = after
    return tuple(found)


def _entries(context: Context, model: int | None, action: str, period: Period) -> Iterator[tuple[AuditEntry, Entry]]:
    """Yield the entries of an action, as sentences and as they are, in the order of the log."""
    wanted = audit.Wanted(about=None if model is None else (model, 0), action=action)
    first = period.first
    while True:
        with context.database.reading() as reader:
            logged = audit.entries(
                reader, wanted, first=first, last=period.last, limit=_PAGE_ENTRIES, newest_first=False
            )
            page = list(zip(as_sentences(reader, logged), map(_parsed, logged), strict=True))
        yield from page
        if len(page) < _PAGE_ENTRIES:
            return
        first = page[-1][0].seq + 1


def _parsed(logged: audit.Logged) -> Entry:
    return parse_entry(logged.data)


def _sentence(reader: Reader, seq: int) -> AuditEntry:
    (line,) = as_sentences(reader, audit.entries(reader, audit.Wanted(), first=seq, last=seq, limit=1))
    return line


def _bare(line: AuditEntry) -> str:
    """Return a sentence without the reason behind it."""
    return line.sentence if line.reason is None else line.sentence.removesuffix(f': "{line.reason}"')
