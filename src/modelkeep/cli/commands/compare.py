"""`diff` and `lineage`: versions side by side, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.usage import positive_number
from modelkeep.cli.views.relations import DiffView, LineageView
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError

_TREE = "tree"


@command()
def diff(
    call: Call,
    refs: Annotated[
        list[str] | None,
        Argument(metavar="[REF...]", help="The versions; of one model also as: fraud 3 4, or fraud@3 @4."),
    ] = None,
    exit_code: Annotated[bool, Option("--exit-code", help="Exit with 1 if they differ.")] = False,
) -> int:
    """Show versions side by side."""
    found = call.registry().diff(expanded(refs or []))
    call.show(DiffView(found))
    return 1 if exit_code and not found.same else 0


def expanded(words: Sequence[str]) -> list[str]:
    """Return the references that the words mean: ``fraud 3 4`` and ``fraud@3 @4`` are fraud@3 and fraud@4.

    A first word without ``@`` that others follow is the model; else each is a REF or ``@SELECTOR``.
    """
    if not words:
        message = "diff needs versions"
        raise UsageError(message, "modelkeep diff fraud 3 4, or modelkeep diff fraud@4 (against production)")
    first, rest = words[0], list(words[1:])
    if first.startswith("@"):
        message = f"'{printable(first)}' is a version of which model?"
        raise UsageError(message, printable(f"modelkeep diff NAME{first}"))
    name, at, _ = first.partition("@")
    if not rest or first.startswith(("sha256:", "models:/")):
        return [first, *map(_complete, rest)]
    if not at:
        return [f"{name}@{word.removeprefix('@')}" for word in rest]
    return [first, *(f"{name}{word}" if word.startswith("@") else word for word in rest)]


def _complete(word: str) -> str:
    """Return a word that is a whole reference; ``UsageError`` for ``@SELECTOR``: the digest before it has no name."""
    if not word.startswith("@"):
        return word
    message = f"'{printable(word)}' is a version of which model? a digest has no name"
    raise UsageError(message, printable(f"NAME{word}"))


@command("as_of", formats=(_TREE, "table", "lines", "json"))
def lineage(
    call: Call,
    node: Annotated[str, Argument(metavar="NODE", help="A version, data:NAME[@VERSION], code:COMMIT or run:ID.")],
    up: Annotated[bool, Option("--up", help="Only what it was made from.")] = False,
    down: Annotated[bool, Option("--down", help="Only what was made from it.")] = False,
    depth: Annotated[str | None, Option("--depth", metavar="N", help="Follow at most N steps.")] = None,
) -> None:
    """Show where a version comes from and what came from it."""
    both, steps = up == down, positive_number(depth, "--depth")
    found = call.registry().lineage(node, up=up or both, down=down or both, depth=steps, as_of=call.flags.as_of)
    call.show(LineageView(found))
