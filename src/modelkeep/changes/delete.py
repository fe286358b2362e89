"""`delete`: a version is deleted for good; the answer names its stages, aliases and children."""

from __future__ import annotations

from modelkeep.changes.change_answer import NONE, change
from modelkeep.changes.runner import ChangeRequest, run_change
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Change, Effect
from modelkeep.domain.verbs.delete import Delete
from modelkeep.reads import deletions
from modelkeep.reads.references import Say, subject_of, version_or_model, whole_model
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import lineage as lineages
from modelkeep.store.db.sql import version_states
from modelkeep.store.db.sql.annotations import aliases_of
from modelkeep.store.db.sql.model_names import name_of
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.state import SqlState

_MOST_CHILDREN = 5


def delete(context: Context, ref: str, *, force: bool, message: str | None, dry_run: bool) -> Change:
    """Delete a version; see `Registry.delete`."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        if found.number is None:
            raise whole_model(reader, found, "delete")
        return _request(reader, found, found.number, force=force)

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "delete", dry_run=dry_run)


def _request(reader: Reader, found: Resolved, number: int, *, force: bool) -> ChangeRequest:
    state = SqlState(reader)
    stages = {stage.name: stage for stage in state.stages()}
    tenures = state.open_tenures(found.model, number, number)
    holding = version_states.holders(reader, None, found.model, tuple(stages.values()))
    there = version_states.standing(reader, None, found.model, (number, number), holding)
    emptied = [
        f"warning: {found.name} has nothing in {tenure.stage} any more: {found.ref} held it"
        for tenure in tenures
        if tenure.share is None and stages[tenure.stage].protected
    ]
    return ChangeRequest(
        Delete(force=force),
        subject_of(found),
        effects=(
            Effect(found.ref, there.state(number), "deleted"),
            *(Effect(tenure.stage, found.ref, NONE) for tenure in tenures),
            *(Effect(alias, found.ref, NONE) for alias in aliases_of(reader, found.model, number)),
        ),
        notes=(*emptied, *_children(reader, found, number)),
        unchanged=deletions.deletion_sentence(reader, found.model, found.name, number),
    )


def _children(reader: Reader, found: Resolved, number: int) -> tuple[str, ...]:
    """Return a note on the children of the version, whose lineage keeps naming it."""
    children = lineages.child_versions(reader, None, found.model, number)
    if not children:
        return ()
    more = f" and {len(children) - _MOST_CHILDREN} more" if len(children) > _MOST_CHILDREN else ""
    made = ", ".join(f"{name_of(reader, None, model)}@{child}" for model, child in children[:_MOST_CHILDREN])
    return (f"note: {found.ref} stays in the lineage of what was made from it: {made}{more}",)
