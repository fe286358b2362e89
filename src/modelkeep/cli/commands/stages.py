"""`promote`, `rollback` and `retire`: the commands that change which version holds a stage."""

from __future__ import annotations

from collections.abc import Callable
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.name_selector import stage_second
from modelkeep.cli.options import CHANGES
from modelkeep.cli.views.changes import ChangeView, RollbackView
from modelkeep.errors import Conflict, Denied, RecentRollback, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.answers.changes import RolledBack


@command(*CHANGES, "expect", answers=("change",))
def promote(
    call: Call,
    ref: Annotated[str, Argument(metavar="REF", help="The version: fraud@4 or fraud 4, not only fraud.")],
    stage: Annotated[str, Argument(metavar="STAGE", help="The stage.")],
    share: Annotated[
        str | None,
        Option("--share", metavar="PERCENT", help="Only so much of the stage, beside its holder: 10, or 0.5."),
    ] = None,
    force: Annotated[bool, Option("--force", help="Promote it even if it is archived or marked bad.")] = False,
    request: Annotated[bool, Option("--request", help="Ask for it, so that others approve it; see requests.")] = False,
    break_glass: Annotated[
        bool,
        Option(
            "--break-glass",
            help="Waive the rules of the policy that do not hold; takes -m, and another person has to acknowledge it.",
        ),
    ] = False,
) -> None:
    """Give a version a stage."""
    if request and (force or break_glass or call.flags.expect):
        message = "--request asks for approvals, and goes with neither --force, --break-glass nor --expect"
        raise UsageError(message, f"modelkeep promote {quote(ref)} {quote(stage)} --request")
    registry = call.registry()
    with stage_second(call, "promote", ref, stage):
        if request:
            call.show(ChangeView(registry.request(ref, stage, share=share, **call.change_flags)))
            return
        try:
            change = registry.promote(
                ref, stage, share=share, force=force, break_glass=break_glass, **call.expect_flags
            )
        except Denied as denied:
            _show_plan(call, denied)
            raise
        call.show(ChangeView(change))


def _show_plan(call: Call, denied: Denied) -> None:
    """Show every rule of a promotion that a dry run was refused; the error's document has them."""
    if call.flags.dry_run and denied.plan is not None and call.format != "json":
        from modelkeep.rendering import rule_lines

        denied.hint = None  # it leads here
        for text in (*rule_lines(denied.findings), f"plan {denied.plan}"):  # type: ignore[arg-type]
            call.say(text)


@command(*CHANGES, "expect", answers=("rollback",))
def rollback(
    call: Call,
    ref: Annotated[
        str,
        Argument(
            metavar="NAME|REF",
            help="The model, or the version to leave: nothing happens where it does not hold the stage.",
        ),
    ],
    stage: Annotated[str | None, Argument(metavar="STAGE", help="The stage; the highest one by default.")] = None,
    to: Annotated[
        str | None, Option("--to", metavar="REF", help="Return to this version, which held the stage before.")
    ] = None,
    keep_good: Annotated[
        bool, Option("--keep-good", help="Do not mark the version that leaves the stage as bad.")
    ] = False,
) -> None:

    def roll_back(**more: Any) -> RolledBack:
        return call.registry().rollback(ref, stage, to=to, keep_good=keep_good, **call.expect_flags | more)

    with stage_second(call, "rollback", ref, stage):
        answers = _confirmed(call, roll_back) if call.can_ask and not call.flags.dry_run else {}
        call.show(RollbackView(roll_back(**answers)))


def _confirmed(call: Call, roll_back: Callable[..., RolledBack]) -> dict[str, Any]:
    """Ask for the reason of a rollback, saying what it would do, and return the arguments that the answers add.

    Shortly after another rollback it is asked whether a second one is meant. ``--yes`` does not answer
    that: a colleague may have rolled back a moment ago. Without ``--expect``, the version that was shown is expected
    to hold the stage still: another one may have been promoted while the question stood there.
    """
    added: dict[str, Any] = {}
    try:
        planned = roll_back(dry_run=True)
    except RecentRollback as recent:
        added["confirmed"] = True
        planned = roll_back(dry_run=True, **added)
        question = f"{recent.message}. {_leaving(planned)}: go back once more? [y/N] "
        if planned.changed and call.ask(question).lower() not in {"y", "yes"}:
            message = f"{recent.message}, and going back once more was not confirmed"
            raise Conflict(message, "nothing was changed") from None
    if planned.changed:
        question = f"{_leaving(planned)}: why (Enter to skip)? "
        added["message"] = call.flags.message or call.ask(question) or None
        if call.flags.expect is None and planned.left is not None:
            added["expect"] = planned.left.rpartition("@")[2]
    return added


def _leaving(planned: RolledBack) -> str:
    back = "" if planned.to is None else f", and {planned.to} comes back"
    return f"{planned.left} leaves {planned.stage}{back}"


@command(*CHANGES, "expect", answers=("change",))
def retire(
    call: Call,
    ref: Annotated[str, Argument(metavar="NAME|REF", help="The model; or the version: fraud@4 or fraud 4.")],
    stage: Annotated[
        str, Argument(metavar="STAGE", help="The stage to empty; of a version that has a share of it only that ends.")
    ],
) -> None:
    with stage_second(call, "retire", ref, stage):
        call.show(ChangeView(call.registry().retire(ref, stage, **call.expect_flags)))
