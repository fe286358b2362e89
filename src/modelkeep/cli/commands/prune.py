"""`prune`: versions that the policy's retention does not keep are taken out of use."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Annotated

from typer import Argument

from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES
from modelkeep.cli.typed_line import refusal
from modelkeep.cli.views.retention import PrunedView
from modelkeep.errors import Conflict, PartlyDone
from modelkeep.rendering import counted

if TYPE_CHECKING:
    from modelkeep.domain.answers.retention import Pruned


@command(*CHANGES, answers=("pruned",))
def prune(
    call: Call,
    name: Annotated[str | None, Argument(metavar="[NAME]", help="Only this model; all models by default.")] = None,
) -> int:
    call.require_one_record(None)
    registry = call.registry()
    plans = None
    if not call.flags.dry_run and not call.flags.yes:
        plans = _confirmed(call, name, registry.prune_pages(name, dry_run=True))
    tally = _Tally()
    pages = tally.count(registry.prune_pages(name, plans=plans, **call.change_flags))
    first = next(pages)
    if call.has_table:
        for page in chain([first], pages):
            call.show(PrunedView(page))
    else:
        call.show_pages(PrunedView(page) for page in chain([first], pages))
    if call.format != "json":
        call.say(tally.sentence(dry_run=call.flags.dry_run))
    return PartlyDone.exit_code if tally.failed else 0


class _Tally:
    """How many versions were archived or deleted, and how many failed."""

    def __init__(self) -> None:
        self.changed = self.failed = 0
        self.then = "archived"

    def count(self, pages: Iterator[tuple[Pruned, ...]]) -> Iterator[tuple[Pruned, ...]]:
        """Yield pages, and count what is in them."""
        for page in pages:
            for each in page:
                self.changed += each.changed
                self.failed += each.error is not None
                self.then = each.after if each.changed else self.then
            yield page

    def sentence(self, *, dry_run: bool) -> str:
        """Return what was done."""
        if not self.changed and not self.failed:
            return "nothing to do: the retention of the policy keeps every version"
        done = f"{counted(self.changed, 'version')} {'would be ' if dry_run else ''}{self.then}"
        failed = f", {self.failed} failed" if self.failed else ""
        freed = "; modelkeep gc frees their bytes" if self.then == "deleted" and not dry_run else ""
        return f"{done}{failed}{freed}"


def _confirmed(call: Call, name: str | None, planned: Iterator[tuple[Pruned, ...]]) -> dict[str, str]:
    """Ask before versions are deleted for good, and return the plan of each that was shown.

    Raise ``Conflict`` for no, ``UsageError`` where nobody can be asked.
    """
    first = next(planned)
    if not any(each.after == "deleted" for each in first):
        return {}  # nothing is, or versions are archived, which can be undone
    if not call.can_ask:
        why = "--no-input forbids to ask" if call.flags.no_input else "nobody is at a terminal to answer"
        reason = ["-m", call.flags.message] if call.flags.message else []
        message = f"prune asks before it deletes, and {why}"
        raise refusal(message, ["prune", *([name] if name else []), *reason, "--yes"])
    plans = {each.ref: each.plan for page in chain([first], planned) for each in page if each.changed and each.plan}
    call.say(f"{first[0].rule}: {first[0].ref} and others" if len(plans) > 1 else f"{first[0].rule}: {first[0].ref}")
    if call.ask(f"delete {counted(len(plans), 'version')} for good? [y/N] ").lower() not in {"y", "yes"}:
        message = "deleting was not confirmed"
        raise Conflict(message, "nothing was changed")
    return plans
