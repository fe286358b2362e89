"""Who may do what: the roles with those who bear them, the account that asks, and the stages of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.context import Context
from modelkeep.domain.answers.roles import RoleBearer, RoleRow, StageAuthority
from modelkeep.domain.answers.versions import AsOf
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import roles as select
from modelkeep.store.db.sql.version_states import stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.domain.governed_state import Binding
    from modelkeep.domain.policy.rules import Rules, StageRules


def roles(context: Context, moment: str | AsOf | None) -> tuple[RoleRow, ...]:
    """Return the roles in the order of the policy, then those that it does not name any more."""
    with snapshot(context, moment) as (reader, at):
        return roles_at(reader, at)


def roles_at(reader: Reader, at: int | None) -> tuple[RoleRow, ...]:
    """Return the roles after entry ``at``, None for now."""
    known = rules_at(reader, at)
    bearers: dict[str, list[RoleBearer]] = {}
    for role, kind, name, since, seq, actor in select.binding_rows(reader, at):
        bearers.setdefault(role, []).append(RoleBearer(f"{kind}:{name}", since, seq, actor))
    permissions = {} if known is None else {role.name: role.may for role in known.roles}
    return tuple(
        RoleRow(role, permissions.get(role, ()), role in permissions, tuple(bearers.get(role, ())))
        for role in dict.fromkeys([*permissions, *bearers])
    )


def rules_at(reader: Reader, at: int | None) -> Rules | None:
    """Return the rules that were in force after entry ``at`` (None: now), None before the first policy."""
    found = select.rules(reader, at)
    if found is None:
        return None
    from modelkeep.domain.policy.rules import parse_rules  # a registry without a policy does not need it

    return parse_rules(found.encode())


def stage_authorities(reader: Reader, at: int | None) -> tuple[StageAuthority, ...]:
    """Return who may do what to each stage, highest stage first; nothing where no roles say so."""
    rules = rules_at(reader, at)
    if rules is None or not rules.roles:
        return ()
    from modelkeep.domain.policy.permissions import bearers_of, roles_with

    bindings = select.bindings(reader, at)

    def able(permission: str) -> tuple[str, ...]:
        return bearers_of(bindings, roles_with(rules, permission))

    return tuple(
        StageAuthority(
            stage=stage.name,
            meaning=rules.stage(stage.name).meaning,
            promote=able(f"promote:{stage.name}"),
            request=able(f"request:{stage.name}"),
            rollback=able(f"rollback:{stage.name}"),
            approve=_approvers(rules.stage(stage.name), bindings, able("approve")),
        )
        for stage in reversed(stages(reader, at))
    )


def _approvers(stage: StageRules, bindings: Sequence[Binding], able: Sequence[str]) -> tuple[str, ...]:
    """Return those who may approve and bear a role whose approval the stage asks for."""
    wanted = {each.role for each in stage.approvals}
    if None in wanted:
        return tuple(able)
    bearing = {each.principal for each in bindings if each.role in wanted}
    return tuple(each for each in able if each in bearing)
