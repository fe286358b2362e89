"""`role grant`, `role revoke` and `role list`: who bears which role of the policy."""

from __future__ import annotations

from typing import Annotated

from typer import Argument

from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES
from modelkeep.cli.views.changes import ChangeView
from modelkeep.cli.views.roles import RolesView

RoleName = Annotated[str, Argument(metavar="ROLE", help="The role, as the policy names it.")]
Who = Annotated[
    str, Argument(metavar="WHO", help="user:NAME, an account, or group:NAME, the members of a group of the system.")
]


@command(*CHANGES, answers=("change",))
def role_grant(call: Call, role: RoleName, who: Who) -> None:
    call.show(ChangeView(call.registry().grant_role(role, who, **call.change_flags)))


@command(*CHANGES, answers=("change",))
def role_revoke(call: Call, role: RoleName, who: Who) -> None:
    call.show(ChangeView(call.registry().revoke_role(role, who, **call.change_flags)))


@command("as_of")
def role_list(call: Call) -> None:
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    rows = registry.roles(as_of=moment)
    call.show(
        RolesView(moment, rows),
        nothing=None if rows else lambda: "no policy names roles: who can write may do everything",
    )
