"""Commands on several things: each is changed by itself, and exit code 8 says that only some were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.context import Call
from modelkeep.cli.views.changes import ChangesView, Outcome
from modelkeep.errors import ModelkeepError, PartlyDone

if TYPE_CHECKING:
    from modelkeep.domain.answers.changes import Change


def change_each(call: Call, items: Sequence[str], change: Callable[[str], Change]) -> int:
    """Change each item, print what became of it, and return the exit code.

    A single item that is refused raises its error.
    """
    if len(items) == 1:
        outcomes = [Outcome(items[0], change(items[0]), None)]
    else:
        outcomes = [_outcome(item, change) for item in items]
    call.show(ChangesView(outcomes))
    return exit_code(outcomes)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return 0 when all was done, the errors' code when nothing was and they agree, else 8."""
    codes = {each.error.exit_code for each in outcomes if each.error is not None}
    if not codes:
        return 0
    if len(codes) == 1 and all(each.error is not None for each in outcomes):
        return codes.pop()
    return PartlyDone.exit_code


def _outcome(item: str, change: Callable[[str], Change]) -> Outcome:
    try:
        return Outcome(item, change(item), None)
    except ModelkeepError as error:  # the others are still changed
        return Outcome(item, None, error)
