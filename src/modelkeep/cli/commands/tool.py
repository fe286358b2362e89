"""`status`, `whoami`, `config`, `completion` and `demo`: the tool itself."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from modelkeep.cli import streams
from modelkeep.cli.context import Call, here
from modelkeep.cli.options import command
from modelkeep.cli.usage import choice
from modelkeep.cli.views.place import (
    IdentityView,
    SettingChangedView,
    SettingsView,
    SettingView,
    StatusView,
    TrustView,
)
from modelkeep.cli.views.values import CompletionView
from modelkeep.errors import UsageError
from modelkeep.locate import is_registry, untrusted

_SHELLS = ("bash",)
_FIRST = (
    "modelkeep init",
    "modelkeep register NAME FILE --metric auc=0.9",
    "modelkeep promote NAME@1 staging",
)


def bare(call: Call) -> int:
    """Run ``modelkeep`` without a command: print the status, or without a registry the first commands to type."""
    located = call.settings.registry
    if located.foreign or is_registry(located.path):
        _status(call)
        return 0
    if call.format == "json":
        _status(call)  # raises: there is no registry
    streams.out("There is no registry yet. The first three commands:\n\n")
    streams.out("".join(f"  {each}\n" for each in _FIRST))
    streams.out("\nmodelkeep --help lists all commands, modelkeep demo shows them at work.\n")
    return 0


@command()
def status(
    call: Call,
    size: Annotated[
        bool, typer.Option("--size", help="Add up the sizes of the files even if there are more than 10,000.")
    ] = False,
) -> None:
    """Show the registry at a glance."""
    _status(call, size=size)


def _status(call: Call, *, size: bool = False) -> None:
    found = call.registry().status(size=size)
    call.show(StatusView(found))


@command()
def whoami(call: Call) -> None:
    """Print the name under which a change would be logged."""
    found = call.registry().whoami()
    call.show(IdentityView(found))


@command()
def config_list(call: Call) -> None:
    """List the settings."""
    call.show(SettingsView(call.settings.items(), _refused_registry(call)))


@command()
def config_get(
    call: Call,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The setting: registry, color, lock_wait ...")],
) -> None:
    """Print a setting."""
    warnings = _refused_registry(call) if key == "registry" else ()
    call.show(SettingView(key, call.settings.get(key), warnings))


@command()
def config_set(
    call: Call,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The setting: registry, color, lock_wait ...")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The value; an empty one removes the setting.")],
) -> None:
    """Set a setting."""
    from modelkeep.config import set_value

    file = set_value(key, value, os.environ, here())
    call.show(SettingChangedView(key, value, file))


@command()
def config_trust(
    call: Call,
    directory: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="The directory, whose registry belongs to another user.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Do not trust it any longer.")] = False,
) -> None:
    """Trust a directory that belongs to another user, or list those that are trusted."""
    from modelkeep import trust

    if directory is None:
        if remove:
            message = "--remove needs a directory"
            raise UsageError(message, "modelkeep config trust DIR --remove")
        call.show(TrustView(trust.directories(os.environ)))
        return
    change = trust.remove if remove else trust.add
    directories, changed = change(directory, os.environ, here())
    call.show(TrustView(directories, changed, call.settings.file))


def _refused_registry(call: Call) -> tuple[str, ...]:
    """Return the warning that the registry which was found belongs to another user and is not used."""
    refusal = untrusted(call.settings.registry)
    return () if refusal is None else (f"warning: {refusal.message}", f"hint: {refusal.hint}")


@command()
def completion(
    call: Call,
    shell: Annotated[str, typer.Argument(metavar="bash", help="The shell.")],
    as_: Annotated[
        str,
        typer.Option("--as", metavar="NAME", help="The name to complete, if modelkeep is installed under another one."),
    ] = "modelkeep",
) -> None:
    """Print a completion script."""
    choice(shell, "the shell", _SHELLS, "modelkeep completion")
    from modelkeep.cli.complete import script

    call.show(CompletionView(shell, script.read(shell, as_)))


@command()
def demo(
    call: Call,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="DIR", help="Keep the registry of the demo in this directory.")
    ] = None,
) -> int:
    """Play the story of a team."""
    if call.format == "json":
        message = "the demo is a story to be read, and has no JSON document"
        raise UsageError(message, "modelkeep demo")
    from modelkeep.cli.commands.demo import play

    return play(keep)


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
