"""`delete`: a version goes for good; what it held, what it was called and what was made from it is told."""

from __future__ import annotations

from modelkeep.changes.change_answer import change
from modelkeep.changes.effects import NONE
from modelkeep.changes.runner import Asked, carry_out
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Change, Effect
from modelkeep.domain.verbs.delete import Delete
from modelkeep.reads import deletions
from modelkeep.reads.references import Say, subject_of, version_or_model, whole_model
from modelkeep.store.db.sql import annotations as wording
from modelkeep.store.db.sql import lineage as lineages
from modelkeep.store.db.sql import version_states
from modelkeep.store.db.sql.model_names import name_of
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.sql.statement import Connection
from modelkeep.store.db.state import SqlState

_MOST_TOLD = 5


def delete(context: Context, ref: str, *, force: bool, message: str | None, dry_run: bool) -> Change:
    """Delete a version; see `Registry.delete`."""

    def resolve(connection: Connection, say: Say) -> Asked:
        found = version_or_model(connection, ref, say)
        if found.number is None:
            raise whole_model(connection, found, "delete")
        return _asked(connection, found, found.number, force=force)

    return change(carry_out(context, resolve, message=message, dry_run=dry_run), "delete", dry_run=dry_run)


def _asked(connection: Connection, found: Resolved, number: int, *, force: bool) -> Asked:
    state = SqlState(connection)
    stages = {stage.name: stage for stage in state.stages()}
    tenures = state.open_tenures(found.model, number, number)
    holding = version_states.holders(connection, None, found.model, tuple(stages.values()))
    there = version_states.standing(connection, None, found.model, (number, number), holding)
    emptied = [
        f"warning: {found.name} has nothing in {tenure.stage} any more: {found.ref} held it"
        for tenure in tenures
        if tenure.share is None and stages[tenure.stage].protected
    ]
    return Asked(
        Delete(force=force),
        subject_of(found),
        effects=(
            Effect(found.ref, there.state(number), "deleted"),
            *(Effect(tenure.stage, found.ref, NONE) for tenure in tenures),
            *(Effect(alias, found.ref, NONE) for alias in wording.aliases_of(connection, found.model, number)),
        ),
        notes=(*emptied, *_left_behind(connection, found, number)),
        unchanged=deletions.told(connection, found.model, found.name, number),
    )


def _left_behind(connection: Connection, found: Resolved, number: int) -> tuple[str, ...]:
    """Return what of the version goes on: what was made from it keeps naming it."""
    children = lineages.child_versions(connection, None, found.model, number)
    if not children:
        return ()
    more = f" and {len(children) - _MOST_TOLD} more" if len(children) > _MOST_TOLD else ""
    made = ", ".join(f"{name_of(connection, None, model)}@{child}" for model, child in children[:_MOST_TOLD])
    return (f"note: {found.ref} stays in the lineage of what was made from it: {made}{more}",)
