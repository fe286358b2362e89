"""`approve`, `reject`, `requests` and `acknowledge`: a promotion that was asked for is decided, open items are closed."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES
from modelkeep.cli.usage import positive_number
from modelkeep.cli.views.approvals import RequestsView, short_plan
from modelkeep.cli.views.changes import ChangeView, effects
from modelkeep.errors import Conflict, UsageError
from modelkeep.rendering import rule_lines

if TYPE_CHECKING:
    from modelkeep.domain.answers.changes import Change

_Request = Annotated[
    str, Argument(metavar="REQUEST|REF", help="The request by its number; or the version: fraud@4 production.")
]
_Stage = Annotated[str | None, Argument(metavar="STAGE", help="The stage, where the version is asked for in several.")]


@command(*CHANGES, answers=("change",))
def approve(
    call: Call,
    request: _Request,
    stage: _Stage = None,
    plan: Annotated[
        str | None,
        Option("--plan", metavar="DIGEST", help="Approve only if the plan, which -n shows, still has this digest."),
    ] = None,
) -> None:
    """Approve what a request asks for, once it was looked at."""
    registry, flags = call.registry(), call.change_flags
    if plan is None and not call.flags.dry_run:
        planned = registry.approve(request, stage, dry_run=True)
        if not planned.changed:
            call.show(ChangeView(planned))
            return
        plan = _seen(call, request, stage, planned)
        flags = flags | {"message": call.flags.message or call.ask("why (Enter to skip)? ") or None}
    call.show(ChangeView(registry.approve(request, stage, plan=plan, **flags)))


def _seen(call: Call, request: str, stage: str | None, planned: Change) -> str | None:
    """Show a person what is approved, ask, and return the digest of what was shown; a script names it by itself."""
    if call.flags.yes or not call.can_ask:
        words = " ".join(quote(word) for word in (request, stage) if word is not None)
        message = f"what do you approve? look at the plan of {planned.ref}, and name it by its digest"
        raise UsageError(message, f"modelkeep approve {words} --plan {short_plan(planned.plan or '')}")
    for text in (*_asked(call, planned), *rule_lines(planned.rules)):
        call.say(text, loud=True)
    if call.ask(f"approve {planned.ref}? [y/N] ").lower() not in {"y", "yes"}:
        message = f"{planned.ref} was not approved"
        raise Conflict(message, "nothing was changed")
    return planned.plan


def _asked(call: Call, planned: Change) -> list[str]:
    """Return what is asked for, by whom and why, and what it would replace."""
    asked = next(
        (each for each in call.registry().requests(planned.ref, open_only=True) if each.plan == planned.plan), None
    )
    if asked is None:
        return effects(planned)
    reason = "" if asked.reason is None else f': "{asked.reason}"'
    return [
        f"{asked.actor} asks for {asked.ref} in {asked.stage}{reason}",
        f"it would replace {asked.holder or 'nothing'}",
    ]


@command(*CHANGES, answers=("change",))
def reject(call: Call, request: _Request, stage: _Stage = None) -> None:
    """Reject a request; the person who asked withdraws it."""
    call.show(ChangeView(call.registry().reject(request, stage, **call.change_flags)))


@command("as_of")
def requests(
    call: Call,
    name: Annotated[
        str | None,
        Argument(
            metavar="NAME|REF", help="A model; a version, or a request by its number: with all that each approver saw."
        ),
    ] = None,
    mine: Annotated[bool, Option("--mine", help="Only those that you asked for.")] = False,
    open_: Annotated[bool, Option("--open", help="Only those that nothing ended.")] = False,
    to_approve: Annotated[
        bool, Option("--to-approve", help="Only those that lack an approval which you may give and have not given.")
    ] = False,
    limit: Annotated[str | None, Option("--limit", metavar="N", help="The newest N requests; all by default.")] = None,
) -> None:
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    most = positive_number(limit, "--limit")
    found = registry.requests(name, mine=mine, open_only=open_, to_approve=to_approve, limit=most, as_of=moment)
    detailed = name is not None and (not registry.is_bare(name) or [str(each.request) for each in found] == [name])
    nothing = "no request waits for your approval" if to_approve else "nothing was asked for"
    call.show(RequestsView(moment, found, detailed=detailed), nothing=None if found else lambda: nothing)


@command(*CHANGES, answers=("change",))
def acknowledge(
    call: Call,
    entry: Annotated[str, Argument(metavar="ENTRY", help="The entry that opened it, as status shows it.")],
) -> None:
    """Close what an entry left for a person to look at."""
    call.show(ChangeView(call.registry().acknowledge(entry, **call.change_flags)))
