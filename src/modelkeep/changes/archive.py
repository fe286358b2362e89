"""`archive` and `delete`: take a version or all of a model out of use, or delete it for good."""

from __future__ import annotations

from shlex import quote

from msgspec.structs import replace

from modelkeep.changes.change_request import ChangeRequest, Resolve, subject_of
from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.state import Tenure
from modelkeep.domain.verbs.archive import Archive
from modelkeep.domain.verbs.delete import Delete
from modelkeep.errors import UsageError
from modelkeep.reads import references
from modelkeep.reads.references import Say, version_or_model, whole_model_error
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import lineage as lineages
from modelkeep.store.db.sql import version_states
from modelkeep.store.db.sql.annotations import aliases_of
from modelkeep.store.db.sql.references import Resolved, name_of
from modelkeep.store.db.state import SqlState

_MOST_CHILDREN = 5


def archive(ref: str, *, undo: bool, all_versions: bool) -> Resolve:
    """Return the change that archives a version or all versions of a model, or restores them."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = _version_or_whole_model(reader, ref, say, "archive --undo" if undo else "archive", whole=all_versions)
        state = _state(reader, found, ignore_archived=True)
        before, after = ("archived", state) if undo else (state, "archived")
        left = [] if undo else [_left(found, tenure) for tenure in _tenures(reader, found)]
        effects = (Effect(found.ref, before, after), *left)
        return ChangeRequest(Archive(all=all_versions, undo=undo), subject_of(found), effects=effects)

    return resolve


def delete(ref: str, *, force: bool, all_versions: bool) -> Resolve:
    """Return the change that deletes a version or a model; its answer names stages, aliases and children."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = _version_or_whole_model(reader, ref, say, "delete", whole=all_versions)
        tenures = _tenures(reader, found)
        protected = {stage.name for stage in SqlState(reader).stages() if stage.protected}
        emptied = (
            f"warning: {found.name} has nothing in {tenure.stage} any more: {found.name}@{tenure.version} held it"
            for tenure in tenures
            if tenure.share is None and tenure.stage in protected
        )
        left = [_left(found, tenure) for tenure in tenures]
        if (number := found.number) is None:
            effects = (Effect(found.ref, _state(reader, found), "deleted"), *left)
            return ChangeRequest(Delete(force=force), subject_of(found), effects=effects, notes=tuple(emptied))
        aliases = aliases_of(reader, found.model, number)
        return ChangeRequest(
            Delete(force=force),
            subject_of(found),
            effects=(
                Effect(found.ref, _state(reader, found), "deleted"),
                *left,
                *(Effect(alias, found.ref, NONE) for alias in aliases),
            ),
            notes=(*emptied, *_children(reader, found, number)),
            unchanged=references.deletion_sentence(reader, found.model, found.name, number),
        )

    return resolve


def _version_or_whole_model(reader: Reader, ref: str, say: Say, command: str, *, whole: bool) -> Resolved:
    """Return a version, or with ``whole`` a model; a bare name alone is refused: its number may be forgotten."""
    found = version_or_model(reader, ref, say)
    if found.number is None and not whole:
        raise whole_model_error(reader, found, command)
    if found.number is not None and whole:
        message = f"--all-versions goes with a model, not with {found.ref}"
        raise UsageError(message, f"modelkeep {command} {quote(found.name)} --all-versions")
    return found


def _tenures(reader: Reader, found: Resolved) -> tuple[Tenure, ...]:
    """Return the tenures that the version, or any version of the model, has now."""
    state = SqlState(reader)
    known = state.model(found.model)
    first, last = (1, 0 if known is None else known.newest) if found.number is None else (found.number, found.number)
    return state.open_tenures(found.model, first, last)


def _left(found: Resolved, tenure: Tenure) -> Effect:
    return Effect(tenure.stage, f"{found.name}@{tenure.version}", NONE)


def _state(reader: Reader, found: Resolved, *, ignore_archived: bool = False) -> str:
    """Return the state of a version, or whether all of a model is archived."""
    number = found.number
    if number is None:
        return "archived" if SqlState(reader).all_archived(found.model) and not ignore_archived else "in use"
    standing = version_states.standing(reader, None, found.model, number, number)
    return (replace(standing, archived=()) if ignore_archived else standing).state(number)


def _children(reader: Reader, found: Resolved, number: int) -> tuple[str, ...]:
    """Return a note on the children of the version, whose lineage keeps naming it."""
    children = lineages.children(reader, None, found.model, number)
    if not children:
        return ()
    more = f" and {len(children) - _MOST_CHILDREN} more" if len(children) > _MOST_CHILDREN else ""
    made = ", ".join(f"{name_of(reader, None, model)}@{child}" for model, child in children[:_MOST_CHILDREN])
    return (f"note: {found.ref} stays in the lineage of what was made from it: {made}{more}",)
