"""Checks of the policy's roles: whether an account of this machine may change the policy, and which accounts it does not know."""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.domain.answers.maintenance import DoctorFinding
from modelkeep.maintenance.doctor.exam import Exam, ok, warning
from modelkeep.provenance.machine import knows
from modelkeep.rendering import counted
from modelkeep.store.db.state import SqlState

_PLACE = "policy"
_SHOWN = 5


def check_roles(exam: Exam) -> Iterator[DoctorFinding]:
    """Check those who have roles by the name service of this machine; nothing where no policy has roles."""
    if not exam.has_tables:
        return
    with exam.context.database.reading() as reader:
        state = SqlState(reader)
        policy, bindings = state.policy(), state.bindings()
    if policy is None or not policy.rules.roles:
        return
    from modelkeep.domain.policy.permissions import bearers_of, roles_with  # a registry without roles does not need it

    bearers = list(dict.fromkeys((each.kind, each.name) for each in bindings))
    strangers = {f"{kind}:{name}" for kind, name in bearers if not knows(kind, name)}
    able = bearers_of(bindings, roles_with(policy.rules, "policy"))
    if exam.context.account.user_namespace:
        text = "this account is in a user namespace, where the policy's roles do not hold: every change is denied"
        yield warning("roles", _PLACE, text, "run it outside of the container or of unshare")
    if strangers.issuperset(able):
        text = f"only {_listed(able)} may change it, whom this machine does not know"
        yield warning("roles", _PLACE, text, "modelkeep role list        (on a machine that knows them)")
    unknown = sorted(strangers.difference(able)) if strangers.issuperset(able) else sorted(strangers)
    text = f"{counted(len(bearers), 'account or group has', 'accounts and groups have')} roles"
    yield ok("roles", _PLACE, text + (f"; this machine does not know {_listed(unknown)}" if unknown else ""))


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join([*names[:_SHOWN], *([f"{more} more"] if more > 0 else [])])


CHECKS = (check_roles,)
