"""`demo`: the story of a team, played in a directory that is removed afterwards."""

from __future__ import annotations

import os
import sys
from typing import Annotated

from typer import Option

from modelkeep.cli import streams
from modelkeep.cli.call import Call, command
from modelkeep.errors import Conflict, RegistryUnavailable, UsageError
from modelkeep.local_path import local_directory

_WIDEST = 110
#: Variables that would lead a command of the story to another registry, run or repository.
_FOREIGN_VARIABLES = ("MODELKEEP_", "MLFLOW_", "WANDB_", "GIT_")


@command()
def demo(
    call: Call,
    keep: Annotated[
        str | None, Option("--keep", metavar="DIR", help="Keep the registry of the demo in this directory.")
    ] = None,
) -> None:
    if call.format == "json":
        message = "the demo is a story to be read, and has no JSON document"
        raise UsageError(message, "modelkeep demo")
    try:
        _play(keep)
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"the demo cannot write its files: {error.strerror or error}"
        raise RegistryUnavailable(message, "modelkeep demo --keep DIR        (on a disk that has room)") from error


def _play(keep: str | None) -> None:
    """Play the story, in the empty directory ``keep`` or in one that is removed however it ends."""
    import shutil
    import tempfile
    import time

    from modelkeep.demo import story
    from modelkeep.demo.player import Player

    begun = time.monotonic()
    place = _empty(keep) if keep is not None else tempfile.mkdtemp(prefix="modelkeep-demo-")
    try:
        player = Player(os.path.realpath(place), streams.out, streams.colored(sys.stdout), _environ(place))
        story.play(player)
        player.write(f"\nDone: {player.commands} commands in {time.monotonic() - begun:.0f} s, all as expected.\n")
        if keep is not None:
            streams.out(f"The registry is kept: export MODELKEEP_REGISTRY={os.path.join(place, story.REGISTRY)}\n")
    finally:
        if keep is None:
            shutil.rmtree(place, ignore_errors=True)


def _empty(directory: str) -> str:
    """Return the path of a directory that is empty, made where it is not there."""
    path = os.path.abspath(local_directory(directory, "--keep"))
    if not os.path.exists(path):
        os.makedirs(path)
    elif not os.path.isdir(path) or os.listdir(path):
        message = f"{directory} is there already and is not an empty directory"
        raise Conflict(message, "modelkeep demo --keep DIR        (a new or empty directory)")
    return path


def _environ(place: str) -> dict[str, str]:
    """Return the environment of the story's commands: their caches and settings stay in its directory."""
    from modelkeep.demo import story

    environ = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_VARIABLES)}
    for kind in ("cache", "config", "data", "state"):
        environ[f"XDG_{kind.upper()}_HOME"] = os.path.join(os.path.realpath(place), f".{kind}")
    environ["MODELKEEP_REGISTRY"] = os.path.join(os.path.realpath(place), story.REGISTRY)
    if search := environ.get("PYTHONPATH"):  # the commands run elsewhere
        environ["PYTHONPATH"] = os.pathsep.join(os.path.abspath(each) for each in search.split(os.pathsep))
    environ["COLUMNS"] = str(min(streams.width(sys.stdout), _WIDEST) if streams.is_terminal(sys.stdout) else _WIDEST)
    environ.setdefault("TERM", "dumb")
    if not streams.colored(sys.stdout):
        environ.pop("FORCE_COLOR", None)
        environ["NO_COLOR"] = "1"
    return environ
