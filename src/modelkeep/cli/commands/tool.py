"""`status`, `whoami`, `config`, `completion` and `demo`: the tool itself."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from modelkeep.cli import command_table, streams
from modelkeep.cli.context import Call, here
from modelkeep.cli.options import command
from modelkeep.cli.usage import choice
from modelkeep.cli.views import reads, scalar_views
from modelkeep.errors import UsageError
from modelkeep.locate import is_registry, untrusted

_SHELLS = ("bash",)
_FIRST = (
    "modelkeep init",
    "modelkeep register NAME FILE --metric auc=0.9",
    "modelkeep promote NAME@1 staging",
)


def bare(call: Call) -> int:
    """Answer ``modelkeep`` alone: the status once there is a registry, else the first commands to type."""
    located = call.settings.registry
    if located.foreign or is_registry(located.path):
        _status(call)
        return 0
    if call.format == "json":
        _status(call)  # which says that there is none
    streams.out("There is no registry yet. The first three commands:\n\n")
    streams.out("".join(f"  {each}\n" for each in _FIRST))
    streams.out("\nmodelkeep --help tells the others, modelkeep demo shows them at work.\n")
    return 0


@command()
def status(
    call: Call,
    size: Annotated[
        bool, typer.Option("--size", help="Add up the sizes of the files, also of more than 10,000.")
    ] = False,
) -> None:
    """Show the registry at a glance."""
    _status(call, size=size)


def _status(call: Call, *, size: bool = False) -> None:
    found = call.registry().status(size=size)
    call.show(reads.status(found), lambda to: to.status(found))


@command()
def whoami(call: Call) -> None:
    """Tell who the log would say this is."""
    found = call.registry().whoami()
    call.show(reads.identity(found), lambda to: to.identity(found))


@command()
def config_list(call: Call) -> None:
    """List the settings."""
    items = call.settings.items()
    call.show(reads.settings(items), lambda to: to.settings(items))
    _warn_of_strangers(call)


@command()
def config_get(
    call: Call,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The setting: registry, color, lock_wait ...")],
) -> None:
    """Print a setting."""
    value = call.settings.get(key)
    call.show(scalar_views.setting(key, value))
    if key == "registry":
        _warn_of_strangers(call)


@command()
def config_set(
    call: Call,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The setting: registry, color, lock_wait ...")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Its value; an empty one takes it out.")],
) -> None:
    """Set a setting."""
    from modelkeep.config import set_value

    file = set_value(key, value, os.environ, here())
    call.show(scalar_views.setting_made(key, value))
    if call.chatty:
        call.say(f"written to {file}")


@command()
def config_trust(
    call: Call,
    directory: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="Use what is found there though somebody else owns it.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Trust it no longer.")] = False,
) -> None:
    """Trust a directory of somebody else's, or list those that are trusted."""
    from modelkeep import trust

    if directory is None:
        if remove:
            message = "--remove needs a directory"
            raise UsageError(message, "modelkeep config trust DIR --remove")
        call.show(scalar_views.trust(trust.directories(os.environ), changed=False))
        return
    act = trust.remove if remove else trust.add
    found, changed = act(directory, os.environ, here())
    call.show(scalar_views.trust(found, changed=changed))
    if call.chatty:
        call.say(f"written to {call.settings.file}" if changed else "nothing to do")


def _warn_of_strangers(call: Call) -> None:
    refusal = untrusted(call.settings.registry)
    if refusal is not None:
        call.say(f"warning: {refusal.message}")
        call.say(f"hint: {refusal.hint}")


@command()
def completion(
    call: Call,
    shell: Annotated[str, typer.Argument(metavar="bash", help="The shell.")],
    as_: Annotated[
        str, typer.Option("--as", metavar="NAME", help="The name that is completed, if modelkeep has another one.")
    ] = "modelkeep",
) -> None:
    """Print a completion script."""
    choice(shell, "the shell", _SHELLS, "modelkeep completion")
    from modelkeep.cli.complete import script

    call.show(scalar_views.script(shell, script.read(shell, as_)))


@command()
def demo(
    call: Call,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="DIR", help="Keep the registry of the story in this directory.")
    ] = None,
) -> int:
    """Play the story of a team."""
    if call.format == "json":
        message = "the demo is a story to be read, and has no JSON document"
        raise UsageError(message, "modelkeep demo")
    from modelkeep.cli.commands.demo import play

    return play(keep)


#: The commands that are typed first.
EVERYDAY = tuple(row.name for row in command_table.COMMANDS if row.panel == command_table.EVERYDAY)

COMMANDS = {
    "status": status,
    "whoami": whoami,
    "config list": config_list,
    "config get": config_get,
    "config set": config_set,
    "config trust": config_trust,
    "completion": completion,
    "demo": demo,
}
