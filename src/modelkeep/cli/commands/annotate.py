"""`tag`, `alias`, `describe`, `note` and `rename`: what people say about models and versions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from modelkeep.cli import streams
from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.views import changes as told
from modelkeep.cli.views import scalar_views
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError

_LONGEST_TEXT = 1 << 20

ModelOrVersion = Annotated[str, typer.Argument(metavar="REF", help="The model or the version.")]


@command(changes=True)
def tag(
    call: Call,
    ref: ModelOrVersion,
    words: Annotated[list[str], typer.Argument(metavar="K=V...", help="Tags to set; K- takes one back.")],
) -> None:
    """Set tags, or take them back."""
    put = [word for word in words if "=" in word]
    gone = _taken_back([word for word in words if "=" not in word], "tag", f"modelkeep tag {ref} %s=VALUE")
    from modelkeep.registry import read_pairs

    found = call.registry().tag(ref, read_pairs(put, (), "tag"), remove=gone, **call.changing)
    call.show(told.change(found))
    call.tell_change(told.beside(found), found)


@command(changes=True, expects=True)
def alias(
    call: Call,
    ref: ModelOrVersion,
    names: Annotated[
        list[str], typer.Argument(metavar="ALIAS...", help="Aliases to point at the version; ALIAS- takes one back.")
    ],
) -> None:
    """Point aliases at a version, or take them back."""
    put = [name for name in names if not name.endswith("-")]
    gone = [name[:-1] for name in names if name.endswith("-")]
    found = call.registry().alias(ref, put, remove=gone, **call.changing_one)
    call.show(told.change(found))
    call.tell_change(told.beside(found), found)


@command(changes=True)
def describe(
    call: Call,
    ref: ModelOrVersion,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What it is; - reads it from standard input.")
    ] = None,
) -> None:
    """Describe a model or version, or show its description."""
    registry = call.registry()
    if text is None:
        call.show(scalar_views.description(ref, registry.description(ref)))
        return
    found = registry.describe(ref, _text(text), **call.changing)
    call.show(told.change(found))
    call.tell_change(told.beside(found), found)


@command(changes=True)
def note(
    call: Call,
    ref: ModelOrVersion,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The note; - reads it from standard input.")],
) -> None:
    """Add a note."""
    found = call.registry().note(ref, _text(text), **call.changing)
    call.show(told.change(found))
    call.tell_change(told.beside(found), found)


@command(changes=True)
def rename(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The model.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new name, which no model may have had.")],
) -> None:
    """Rename a model."""
    found = call.registry().rename(name, new, **call.changing)
    call.show(told.change(found))
    call.tell_change(told.beside(found), found)


def _taken_back(words: Sequence[str], what: str, right: str) -> list[str]:
    """Return the keys of ``k-``; a word that neither sets nor takes back raises ``UsageError``."""
    for word in words:
        if not word.endswith("-") or word == "-":
            message = f"{what} '{printable(word)}' has no value"
            raise UsageError(message, f"{printable(right % word)}, or {printable(word.rstrip('-'))}- to take it back")
    return [word[:-1] for word in words]


def _text(given: str) -> str:
    """Return a text that was given, or all of standard input for ``-``."""
    if given != "-":
        return given
    if sys.stdin is None or streams.is_terminal(sys.stdin):
        message = "nothing is piped into standard input"
        raise UsageError(message, "give the text as an argument")
    data = sys.stdin.buffer.read(_LONGEST_TEXT + 1)
    if len(data) > _LONGEST_TEXT:
        message = "standard input is longer than 1 MiB"
        raise UsageError(message, "put it in a file of the artifact")
    try:
        return data.decode().rstrip("\n")
    except UnicodeDecodeError as error:
        message = f"standard input is not UTF-8: {error}"
        raise UsageError(message, "give the text as UTF-8") from error


COMMANDS = {"tag": tag, "alias": alias, "describe": describe, "note": note, "rename": rename}
