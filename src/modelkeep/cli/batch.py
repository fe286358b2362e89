"""Several things at once: each by itself, each one's fate told, exit 8 where only some were done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from modelkeep.cli import error_output, streams
from modelkeep.cli.context import Call
from modelkeep.cli.views import changes as told
from modelkeep.cli.views.output import Page, document, plain
from modelkeep.errors import ModelkeepError, PartlyDone

if TYPE_CHECKING:
    from modelkeep.domain.answers.changes import Change


class Fate(NamedTuple):
    """What became of one item: what changed, or why not."""

    item: str
    change: Change | None
    error: ModelkeepError | None


def each(call: Call, items: Sequence[str], change: Callable[[str], Change]) -> int:
    """Change each item, answer, and return the exit code; a single one that fails raises its error."""
    alone = len(items) == 1
    fates = [Fate(items[0], change(items[0]), None)] if alone else [_fate(item, change) for item in items]
    call.show(page(fates))
    for fate in fates:
        if fate.change is not None:
            call.tell_change([_named(line, fate, fates) for line in told.beside(fate.change)], fate.change)
        elif fate.error is not None and call.format != "json":
            streams.err(error_output.as_text(fate.error))
    return exit_code(fates)


def page(fates: Sequence[Fate]) -> Page:
    """Return the answer: each item with its change or its error. Pure."""
    rows = [
        {
            "item": fate.item,
            "change": None if fate.change is None else plain(fate.change),
            "error": None if fate.error is None else error_output.as_document(fate.error),
        }
        for fate in fates
    ]
    done = [fate.change for fate in fates if fate.change is not None]
    lines = [line for found in done if found.changed for line in told.effects(found)]
    return Page(document("changes", changes=rows), lines, [found.ref or found.name for found in done])


def exit_code(fates: Sequence[Fate]) -> int:
    """Return 0 when all was done, the errors' code when nothing was and they agree, else 8."""
    codes = {fate.error.exit_code for fate in fates if fate.error is not None}
    if not codes:
        return 0
    if len(codes) == 1 and all(fate.error is not None for fate in fates):
        return codes.pop()
    return PartlyDone.exit_code


def _fate(item: str, change: Callable[[str], Change]) -> Fate:
    try:
        return Fate(item, change(item), None)
    except ModelkeepError as error:  # the one place beside main: a batch goes on after a failure
        return Fate(item, None, error)


def _named(line: str, fate: Fate, fates: Sequence[Fate]) -> str:
    return line if len(fates) == 1 or fate.item in line else f"{fate.item}: {line}"
