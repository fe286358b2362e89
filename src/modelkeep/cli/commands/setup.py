"""`init`, `status`, `whoami`, `config` and `completion`: a registry is created, and the tool is set up."""

from __future__ import annotations

import os
import shlex
from typing import Annotated

from typer import Argument, Option

import modelkeep
from modelkeep.cli import streams
from modelkeep.cli.call import Call, command
from modelkeep.cli.usage import choice
from modelkeep.cli.views import setup as views
from modelkeep.cli.views.values import CompletionView
from modelkeep.errors import UsageError
from modelkeep.locate import init_target, is_registry, locate, untrusted
from modelkeep.userdirs import here


@command()
def init(
    call: Call,
    directory: Annotated[
        str | None, Argument(metavar="[DIR]", help="The directory; that of --registry or ./.modelkeep by default.")
    ] = None,
    stages: Annotated[
        str | None, Option("--stages", metavar="A,B,C", help="The stages, lowest first: staging,production.")
    ] = None,
    store: Annotated[
        str | None,
        Option("--store", metavar="PATH", help="Keep the files of artifacts in this directory, on another disk."),
    ] = None,
    shared: Annotated[
        str | None,
        Option("--shared", metavar="GROUP", help="The members of this group may read and write; also later."),
    ] = None,
    readers: Annotated[
        str | None, Option("--readers", metavar="GROUP", help="The members of this group may read.")
    ] = None,
) -> None:
    from modelkeep.registry import create_registry

    target = init_target(directory, call.flags.registry, os.environ, here())
    names = [each.strip() for each in stages.split(",")] if stages is not None else None
    registry, created = create_registry(
        target, stages=names, store=store, shared=shared, readers=readers, settings=call.settings, say=call.say
    )
    made = views.InitView(
        registry.access(),
        registry.directory,
        registry.id,
        created,
        [each.name for each in registry.stages()],
        shared_now=shared is not None,
    )
    call.show(made, *_usage(call, made))


def _usage(call: Call, made: views.InitView) -> list[str]:
    """Return what to type to use a registry from the current directory, nothing where that takes no setting."""
    line = f"modelkeep config set registry {shlex.quote(made.path)}"
    if made.shared_now:
        return [f"for your colleagues, and for you: {line}"]
    found = locate(call.flags.registry, os.environ, here())
    if refusal := untrusted(found):
        return [refusal.message, f"hint: {refusal.hint}"]
    return [f"to use it from here: {line}"] if made.created and found.path != made.path else []


#: How the script of each shell names the program that it completes.
_REGISTRATIONS = {
    "bash": ("-F _modelkeep {}\n",),
    "zsh": ("#compdef {}\n", "compdef _modelkeep {}\n"),
    "fish": ("complete --command {} ",),
}
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
    streams.out("A registry that is elsewhere: --registry DIR, or export MODELKEEP_REGISTRY=DIR.\n")
    return 0


@command()
def status(
    call: Call,
    size: Annotated[
        bool, Option("--size", help="Add up the sizes of the files even if there are more than 10,000.")
    ] = False,
) -> None:
    _status(call, size=size)


def _status(call: Call, *, size: bool = False) -> None:
    call.show(views.StatusView(call.registry().status(size=size)))


@command()
def whoami(call: Call) -> None:
    call.show(views.IdentityView(call.registry().whoami()))


@command()
def config_list(call: Call) -> None:
    call.show(views.SettingsView([views.SettingRow(*each) for each in call.settings.items()]), *_refused_registry(call))


@command()
def config_get(
    call: Call,
    key: Annotated[str, Argument(metavar="KEY", help="The setting: registry, color, lock_wait ...")],
) -> None:
    warnings = _refused_registry(call) if key == "registry" else ()
    call.show(views.SettingView(key, call.settings.get(key)), *warnings)


@command()
def config_set(
    call: Call,
    key: Annotated[str, Argument(metavar="KEY", help="The setting: registry, color, lock_wait ...")],
    value: Annotated[str, Argument(metavar="VALUE", help="The value; an empty one removes the setting.")],
) -> None:
    from modelkeep.config import set_value

    file = set_value(key, value, os.environ, here())
    call.show(views.SettingView(key, value or None, changed=True), f"written to {file}")


@command()
def config_trust(
    call: Call,
    directory: Annotated[
        str | None, Argument(metavar="[DIR]", help="The directory, whose registry belongs to another user.")
    ] = None,
    remove: Annotated[bool, Option("--remove", help="Do not trust it any longer.")] = False,
) -> None:
    from modelkeep import trust

    if directory is None:
        if remove:
            message = "--remove needs a directory"
            raise UsageError(message, "modelkeep config trust DIR --remove")
        trusted = trust.directories(os.environ)
        nothing = "no directory of another user is trusted"
        call.show(views.TrustView(trusted), nothing=None if trusted else lambda: nothing)
        return
    directories, changed = trust.change(directory, os.environ, here(), remove=remove)
    now = f"{directory} is trusted {'no longer' if remove else 'now'}"
    done = f"{now}: written to {call.settings.file}" if changed else "nothing to do"
    call.show(views.TrustView(directories, changed), done)


def _refused_registry(call: Call) -> tuple[str, ...]:
    """Return the warning that the registry which was found belongs to another user and is not used."""
    refusal = untrusted(call.settings.registry)
    return () if refusal is None else (f"warning: {refusal.message}", f"hint: {refusal.hint}")


@command()
def completion(
    call: Call,
    shell: Annotated[str, Argument(metavar="bash|zsh|fish", help="The shell.")],
    as_: Annotated[
        str, Option("--as", metavar="NAME", help="The name to complete, if modelkeep is installed under another one.")
    ] = "modelkeep",
) -> None:
    choice(shell, "the shell", tuple(_REGISTRATIONS), "modelkeep completion")
    if not as_.isprintable():
        message = "the name of a program has no control characters"
        raise UsageError(message, f"modelkeep completion {shell}")
    call.show(CompletionView(shell, _completion_script(shell, as_)))


def _completion_script(shell: str, program: str) -> str:
    """Return the completion script of a shell, for a program installed under this name; `make docs` renews them."""
    path = os.path.join(os.path.dirname(modelkeep.__file__), "completions", f"modelkeep.{shell}")
    with open(path, encoding="utf-8") as file:
        script = file.read()
    for registration in _REGISTRATIONS[shell]:
        script = script.replace(registration.format("modelkeep"), registration.format(shlex.quote(program)))
    return script
