"""`archive` and `delete`: take a version or all of a model out of use, or delete it for good."""

from __future__ import annotations

from shlex import quote

from msgspec import json
from msgspec.structs import replace

from modelkeep.changes.change_request import ChangeRequest, Resolve, subject_of
from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.state import Tenure
from modelkeep.domain.text import printable
from modelkeep.domain.verbs.archive import Archive
from modelkeep.domain.verbs.delete import Delete
from modelkeep.errors import Conflict, UsageError
from modelkeep.reads import references
from modelkeep.reads.references import Say, version_or_model, whole_model_error
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import lineage as lineages
from modelkeep.store.db.sql import version_states
from modelkeep.store.db.sql.annotations import aliases_of
from modelkeep.store.db.sql.references import ALIASES, Resolved, name_of
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


def delete(ref: str, *, force: bool, all_versions: bool, plan: str | None) -> Resolve:
    """Return the change that deletes a version or a model; its answer names stages, aliases and children.

    With ``plan``, the digest of what a dry run showed, it is a `Conflict` where something else would be deleted.
    """

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
        number = found.number
        unchanged = None if number is None else references.deletion_sentence(reader, found.model, found.name, number)
        now = deletion_plan(reader, found)
        if unchanged is None:
            require_plan(plan, now, ref, found.name)
        if number is None:
            effects = (Effect(found.ref, _state(reader, found), "deleted"), *left)
            return ChangeRequest(
                Delete(force=force), subject_of(found), effects=effects, notes=tuple(emptied), plan=now
            )
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
            plan=now,
            unchanged=unchanged,
        )

    return resolve


def deletion_plan(reader: Reader, found: Resolved) -> str:
    """Return the digest of what goes with a version or a model: its versions, their states, stages and aliases."""
    numbers = _numbers(reader, found)
    standing = version_states.standing(reader, None, found.model, *numbers)
    aliases = ALIASES.rows(reader, None, model=found.model)
    goes = (
        (found.model, found.name, found.digest, numbers),
        (standing.archived, *(sorted(each) for each in (standing.bad, standing.held, standing.deleted))),
        sorted((tenure.stage, tenure.version, tenure.share or 0) for tenure in _tenures(reader, found)),
        sorted((alias, number) for alias, number in aliases if found.number in (None, number)),
    )
    return digest_of(json.encode(goes))


def require_plan(plan: str | None, now: str, what: str, name: str) -> None:
    """Raise ``Conflict`` where a deletion was shown, and what would be deleted is something else now."""
    if plan not in (None, now):
        message = f"{printable(what)} changed since it was shown"
        raise Conflict(message, f"modelkeep list {quote(name)}")


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
    return SqlState(reader).open_tenures(found.model, *_numbers(reader, found))


def _numbers(reader: Reader, found: Resolved) -> tuple[int, int]:
    """Return the first and the last number of what is meant: a version, or a model."""
    if found.number is not None:
        return found.number, found.number
    known = SqlState(reader).model(found.model)
    return 1, 0 if known is None else known.newest


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
