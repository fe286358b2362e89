"""`hook list` and `hook test`."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.views.hooks import HookRunView, HooksView


@command()
def hook_list(call: Call) -> None:
    found = call.registry().hooks()
    nothing = f"there are no hooks: [hooks.NAME] in {call.settings.file}, or hooks.toml in the registry"
    call.show(HooksView(found), nothing=None if found else lambda: nothing)


@command()
def hook_test(
    call: Call,
    name: Annotated[str, Argument(metavar="HOOK", help="The hook, as hook list names it.")],
    event: Annotated[
        str | None,
        Option("--event", metavar="ACTION", help="Try it with the newest entry of this action: promote, register ..."),
    ] = None,
) -> int:
    found = call.registry().test_hook(name, event=event)
    call.show(HookRunView(found))
    return 0 if found.ok else 1
