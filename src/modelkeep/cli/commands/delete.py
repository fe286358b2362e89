"""`delete`: what would go is shown before it is asked for; nobody there to answer must say --yes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from modelkeep.cli.batch import each
from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.errors import Conflict, ModelkeepError, UsageError
from modelkeep.rendering.counts import counted, files
from modelkeep.rendering.sizes import human_size

if TYPE_CHECKING:
    from modelkeep.domain.answers.changes import Change
    from modelkeep.domain.answers.versions import Version
    from modelkeep.registry import Registry

_MOST_SHOWN, _MOST_NAMED = 20, 5


@command(changes=True)
def delete(
    call: Call,
    refs: Annotated[list[str], typer.Argument(metavar="REF...", help="The versions; each is deleted in its own step.")],
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Delete versions even if they are or were in a protected stage, which is then empty."
        ),
    ] = False,
    all_versions: Annotated[bool, typer.Option("--all-versions", help="All versions of the models named.")] = False,
) -> int:
    """Delete versions for good."""
    registry = call.registry()
    items = _versions(registry, refs) if all_versions else refs
    if not items:
        call.say(f"nothing to do: every version of {', '.join(refs)} is deleted")

    def change(ref: str, *, dry_run: bool = call.flags.dry_run) -> Change:
        return registry.delete(ref, force=force, message=call.flags.message, dry_run=dry_run)

    if items and not call.flags.dry_run:
        _confirm(call, items, registry, lambda ref: change(ref, dry_run=True))
    return each(call, items, change)


def _versions(registry: Registry, names: Sequence[str]) -> list[str]:
    """Return every version of the models that is not deleted, oldest first: each gets an entry of its own."""
    found: list[str] = []
    for name in names:
        if not registry.is_bare(name):
            message = f"--all-versions goes with a model, not with {name}"
            raise UsageError(message, f"modelkeep delete {name.partition('@')[0]} --all-versions")
        rows = registry.versions(name, all=True)
        found += [row.ref for row in reversed(rows) if not row.deleted]
    return found


def _confirm(call: Call, items: Sequence[str], registry: Registry, planned: Callable[[str], Change]) -> None:
    """Ask somebody who is there; who is not there must have said ``--yes``."""
    if call.flags.yes:
        return
    if not call.can_ask:
        bare = next((ref for ref in items if registry.is_bare(ref)), None)
        if bare is not None:
            planned(bare)  # it refuses, and says how a whole model is named
        message = "delete asks before it deletes, and nobody is here to answer"
        raise UsageError(message, "add --yes")
    going = [ref for ref in items[:_MOST_SHOWN] if _would_go(ref, planned)]
    more = len(items) - _MOST_SHOWN
    if not going and more <= 0:
        return
    for ref in going:
        call.say(shown(registry.version(ref)))
    if more > 0:
        call.say(f"and {more} more")
    count = counted(len(going) + max(more, 0), "version")
    if call.ask(f"delete {count} for good? [y/N] ").lower() not in {"y", "yes"}:
        message = "deleting was not confirmed"
        raise Conflict(message, "nothing was changed")


def _would_go(ref: str, planned: Callable[[str], Change]) -> bool:
    """Tell whether a version would be deleted; why not is told when it is tried."""
    try:
        return planned(ref).changed
    except ModelkeepError:
        return False


def shown(found: Version) -> str:
    """Return what goes with a version, in a line: its size, state, stages, aliases and what was made from it."""
    stages = f" in {', '.join(held.stage for held in found.stages)}" if found.stages else ""
    parts = [
        f"{found.ref} {found.label}" if found.label else found.ref,
        f"{human_size(found.size_bytes)} in {files(found.files)}",
        f"{found.state}{stages}",
    ]
    if found.aliases:
        parts.append(f"called {', '.join(found.aliases)}")
    if found.children:
        more = len(found.children) - _MOST_NAMED
        parts.append(f"led to {', '.join(found.children[:_MOST_NAMED])}{f' and {more} more' if more > 0 else ''}")
    return "; ".join(parts)


COMMANDS = {"delete": delete}
