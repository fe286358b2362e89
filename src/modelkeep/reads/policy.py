"""The policy in force, those before it, and how two differ."""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec
from msgspec.structs import asdict

from modelkeep.context import Context
from modelkeep.domain.answers.policy import Policy, PolicyDiff, PolicyRow
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.policy.rules import Rules, parse_rules
from modelkeep.domain.policy.statements import differences, statements
from modelkeep.errors import Damaged, NotFound
from modelkeep.local_path import local_path
from modelkeep.provenance.policy_file import PolicySource, read_policy
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader, Row
from modelkeep.store.db.sql import policies as select
from modelkeep.store.db.state import SqlState
from modelkeep.store.named_paths import seen

_NONE = "there is no policy"
_HINT = "modelkeep policy init team        (writes one to begin with)"


def policy(context: Context, moment: str | AsOf | None) -> Policy:
    """Return the policy that is or was in force; ``NotFound`` where there is none."""
    with snapshot(context, moment) as (reader, at):
        row = select.IN_FORCE.row(reader, at)
        if row is None:
            raise NotFound(_NONE if at is None else "there was no policy then", _HINT)
        return _policy(reader, row, at)


def policies(context: Context, moment: str | AsOf | None) -> tuple[PolicyRow, ...]:
    """Return every policy that was in force, oldest first."""
    with snapshot(context, moment) as (reader, at):
        return tuple(_row(row, at) for row in select.ALL.rows(reader, at))


def policy_diff(context: Context, sides: Sequence[str]) -> PolicyDiff:
    """Return how two policies differ: the last two, the one in force and another, or any two.

    A side is a file or a moment.
    """
    if not sides:
        with snapshot(context) as (reader, _):
            rows = select.ALL.rows(reader, None)
            if not rows:
                raise NotFound(_NONE, _HINT)
            before = Rules() if len(rows) == 1 else _rules(rows[-2])
            names = "no policy" if len(rows) == 1 else f"seq:{rows[-2][0]}", f"seq:{rows[-1][0]}"
            return _diff(*names, before, _rules(rows[-1]))
    named = [(side, _side(context, side)) for side in sides]
    if len(named) == 1:
        present = _in_force(context, None)
        now = ("no policy", Rules()) if present is None else ("in force", present)
        named = [now, *named] if _is_file(sides[0]) else [*named, now]
    (first, old), (second, new) = named
    return _diff(first, second, old, new)


def rules_in_force(context: Context) -> Rules | None:
    """Return the rules in force, None where there is no policy."""
    return _in_force(context, None)


def _in_force(context: Context, moment: str | AsOf | None) -> Rules | None:
    with snapshot(context, moment) as (reader, at):
        row = select.IN_FORCE.row(reader, at)
        return None if row is None else _rules(row)


def _side(context: Context, side: str) -> Rules:
    if _is_file(side):
        with snapshot(context) as (reader, _):
            present = [stage.name for stage in SqlState(reader).stages()]
        return policy_of_file(side, present).rules
    return _in_force(context, side) or Rules()


def policy_of_file(path: str, present_stages: Sequence[str]) -> PolicySource:
    """Read a ``policy.toml``; a link of another account leads only to what belongs to that account."""
    path = local_path(path, "a policy")
    return read_policy(path, present_stages, None if path == "-" else seen(path))


def _is_file(side: str) -> bool:
    return side == "-" or os.path.exists(side) or side.endswith(".toml") or os.sep in side


def _diff(before: str, after: str, old: Rules, new: Rules) -> PolicyDiff:
    found = differences(old, new)
    return PolicyDiff(before, after, not found, found)


def _row(row: Row, at: int | None) -> PolicyRow:
    seq, time, actor, reason, digest, until = row[:6]
    return PolicyRow(
        seq, time, actor, reason, digest, until if until is not None and (at is None or until <= at) else None
    )


def _rules(row: Row) -> Rules:
    return parse_rules(row[7].encode())


def _policy(reader: Reader, row: Row, at: int | None) -> Policy:
    source, rules = row[6:]
    found = reader.row(select.SOURCE, digest=source)
    if found is None:
        message = f"the policy source {source} of entry {row[0]} is missing"
        raise Damaged(message)
    return Policy(
        **asdict(_row(row, at)),
        source=found[0].decode(),
        rules=msgspec.json.decode(rules),
        statements=statements(parse_rules(rules.encode())),
    )
