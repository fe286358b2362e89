"""The policy in force at a moment, and who bore its roles."""

from __future__ import annotations

from modelkeep.domain.answers.roles import PolicyRef
from modelkeep.domain.governed_state import Binding
from modelkeep.store.db.interface import Reader, Row
from modelkeep.store.db.sql.statement import statement

BINDINGS = statement("""
SELECT role_binding.role, role_binding.kind, role_binding.name, entry_index.time, entry_index.seq, entry_action.actor
FROM role_binding
JOIN entry_index ON entry_index.seq = role_binding.since_seq
JOIN entry_action ON entry_action.seq = role_binding.since_seq
WHERE HOLDS(role_binding) ORDER BY role_binding.role, role_binding.kind DESC, role_binding.name
""")

POLICY = statement("""
SELECT policy.digest, entry_index.time, entry_index.seq, entry_action.actor
FROM policy
JOIN entry_index ON entry_index.seq = policy.since_seq
JOIN entry_action ON entry_action.seq = policy.since_seq
WHERE HOLDS(policy)
""")

RULES = statement("""
SELECT rules FROM policy WHERE HOLDS(policy)
""")


def binding_rows(reader: Reader, at: int | None) -> list[Row]:
    """Return who bore which role after entry ``at``: role, kind, name, and time, number and actor of the entry that gave it."""
    return BINDINGS.rows(reader, at)


def bindings(reader: Reader, at: int | None) -> tuple[Binding, ...]:
    """Return who bore which role after entry ``at``."""
    return tuple(Binding(*row[:3]) for row in BINDINGS.rows(reader, at))


def policy_ref(reader: Reader, at: int | None) -> PolicyRef | None:
    """Return which policy was in force after entry ``at``."""
    row = POLICY.row(reader, at)
    return None if row is None else PolicyRef(*row)


def rules(reader: Reader, at: int | None) -> str | None:
    """Return the rules that were in force after entry ``at``, as canonical JSON; None before the first policy."""
    row = RULES.row(reader, at)
    return None if row is None else str(row[0])
