"""`mark`, `archive` and `delete`: versions that are taken out of use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Never

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES
from modelkeep.cli.typed_line import refusal
from modelkeep.cli.usage import choice
from modelkeep.cli.views import errors
from modelkeep.cli.views.changes import ChangesView, ChangeView, ItemOutcome
from modelkeep.errors import Conflict, ModelkeepError, PartlyDone
from modelkeep.rendering import counted, files, human_size

if TYPE_CHECKING:
    from modelkeep.domain.answers.changes import Change
    from modelkeep.domain.answers.pages import Model, Version
    from modelkeep.registry import Registry


@command(*CHANGES, answers=("change",))
def mark(
    call: Call,
    ref: Annotated[str, Argument(metavar="REF", help="The version: fraud@4 or fraud 4, not only fraud.")],
    mark: Annotated[
        str, Argument(metavar="bad|good", help="bad keeps rollback and latest away from it; good lifts the mark.")
    ],
) -> None:
    """Mark a version."""
    choice(mark, "the mark", ("bad", "good"), f"modelkeep mark {quote(ref)}")
    call.show(ChangeView(call.registry().mark(ref, mark, **call.change_flags)))


@command(*CHANGES, answers=("changes",))
def archive(
    call: Call,
    refs: Annotated[list[str], Argument(metavar="REF...", help="The versions; each is archived in its own step.")],
    undo: Annotated[bool, Option("--undo", help="Bring them back, but not into their stages.")] = False,
    all_versions: Annotated[bool, Option("--all-versions", help="All versions of the models named.")] = False,
) -> int:
    call.require_one_record(len(refs))
    registry = call.registry()
    return change_each(
        call, refs, lambda ref: registry.archive(ref, undo=undo, all_versions=all_versions, **call.change_flags)
    )


_ITEMS_SHOWN, _CHILDREN_SHOWN = 20, 5


@command(*CHANGES, answers=("changes",))
def delete(
    call: Call,
    refs: Annotated[list[str], Argument(metavar="REF...", help="The versions; each is deleted in its own step.")],
    force: Annotated[
        bool,
        Option("--force", help="Delete versions even if they are or were in a protected stage, which is then empty."),
    ] = False,
    all_versions: Annotated[
        bool, Option("--all-versions", help="Delete the models named, with all their versions.")
    ] = False,
) -> int:
    call.require_one_record(len(refs))
    registry = call.registry()

    def delete_one(ref: str, *, plan: str | None = None, dry_run: bool = call.flags.dry_run) -> Change:
        return registry.delete(
            ref, force=force, all_versions=all_versions, plan=plan, message=call.flags.message, dry_run=dry_run
        )

    if call.flags.dry_run or call.flags.yes:
        return change_each(call, refs, delete_one)
    if not call.can_ask:
        _refuse(call, refs, registry, lambda ref: delete_one(ref, dry_run=True), models=all_versions)
    outcomes = [_outcome(ref, lambda ref: delete_one(ref, dry_run=True)) for ref in dict.fromkeys(refs)]
    # Two references may mean one version: fraud@3 and fraud@latest.
    planned = list({(each.change and each.change.ref) or each.item: each for each in reversed(outcomes)}.values())[::-1]
    plans = {each.item: each.change.plan for each in planned if each.change is not None}
    _confirm(call, [each for each in planned if each.change is not None and each.change.changed], registry)
    # A reference that could not be deleted when the others were shown: its error is printed again.
    return change_each(
        call,
        [each.item for each in planned],
        lambda ref: delete_one(ref, plan=plans[ref]) if ref in plans else delete_one(ref, dry_run=True),
    )


def _refuse(
    call: Call, refs: Sequence[str], registry: Registry, plan: Callable[[str], Change], *, models: bool
) -> Never:
    """Raise ``UsageError``: nobody can be asked."""
    for ref in refs:
        if registry.is_bare(ref) != models:
            plan(ref)  # raises, and says how a version or a whole model is deleted
    why = "--no-input forbids to ask" if call.flags.no_input else "nobody is at a terminal to answer"
    message = f"delete asks before it deletes, and {why}"
    whole = ["--all-versions"] if models else []
    reason = ["-m", call.flags.message] if call.flags.message else []
    raise refusal(message, ["delete", *refs, *whole, *reason, "--yes"])


def _confirm(call: Call, planned: Sequence[ItemOutcome], registry: Registry) -> None:
    """Show what would be deleted and ask; raise ``Conflict`` for no."""
    if not planned:
        return
    models = [each.item for each in planned if each.change is not None and each.change.ref is None]
    shown = [registry.model(each) for each in models]
    lines = [_model_summary(each) for each in shown]
    lines = lines or [summary(registry.version(each.item)) for each in planned[:_ITEMS_SHOWN]]
    for line in lines[:_ITEMS_SHOWN]:
        call.say(line, loud=True)
    if len(planned) > _ITEMS_SHOWN:
        call.say(f"and {len(planned) - _ITEMS_SHOWN} more", loud=True)
    what = _what_goes(shown) if shown else counted(len(planned), "version")
    if call.ask(f"delete {what} for good? [y/N] ").lower() not in {"y", "yes"}:
        message = "deleting was not confirmed"
        raise Conflict(message, "nothing was changed")


def summary(found: Version) -> str:
    """Return a version that would be deleted in a line: its size, state, stages, aliases and children."""
    stages = f" in {', '.join(found.stages)}" if found.stages else ""
    parts = [
        f"{found.ref} {found.label}" if found.label else found.ref,
        f"{human_size(found.size_bytes)} in {files(found.files)}",
        f"{found.state}{stages}",
    ]
    if found.aliases:
        parts.append(f"called {', '.join(found.aliases)}")
    if found.children:
        more = len(found.children) - _CHILDREN_SHOWN
        parts.append(f"led to {', '.join(found.children[:_CHILDREN_SHOWN])}{f' and {more} more' if more > 0 else ''}")
    return "; ".join(parts)


def _what_goes(models: Sequence[Model]) -> str:
    """Return how much goes with models: ``fraud with 2 versions``, ``3 models with 12 versions``."""
    what = models[0].name if len(models) == 1 else counted(len(models), "model")
    return f"{what} with {counted(sum(each.versions for each in models), 'version')}"


def _model_summary(found: Model) -> str:
    """Return a model that would be deleted in a line: its versions, what holds its stages, and its aliases."""
    parts = [f"{found.name} with {counted(found.versions, 'version')}"]
    parts += [f"{holder.stage}: {found.name}@{holder.version}" for holder in found.holders]
    if found.aliases:
        parts.append(f"aliases {', '.join(found.aliases)}")
    return "; ".join(parts)


def change_each(call: Call, items: Sequence[str], change: Callable[[str], Change]) -> int:
    """Change each item by itself, print what became of it, and return the exit code.

    A single item that is refused raises its error.
    """
    if len(items) == 1:
        outcomes = [ItemOutcome(items[0], change(items[0]), None)]
    else:
        outcomes = [_outcome(item, change) for item in items]
    call.show(ChangesView(outcomes))
    return exit_code(outcomes)


def exit_code(outcomes: Sequence[ItemOutcome]) -> int:
    """Return 0 if every item was changed, the errors' exit code if none was and they have the same, else 8."""
    codes = {each.error.exit for each in outcomes if each.error is not None}
    if not codes:
        return 0
    if len(codes) == 1 and all(each.error is not None for each in outcomes):
        return codes.pop()
    return PartlyDone.exit_code


def _outcome(item: str, change: Callable[[str], Change]) -> ItemOutcome:
    try:
        return ItemOutcome(item, change(item), None)
    except ModelkeepError as error:  # the others are still changed
        return ItemOutcome(item, None, errors.fields(error))
