"""Deciding `delete`: a version goes for good, unless it is or was in a stage that is protected."""

from __future__ import annotations

from modelkeep.domain import intents
from modelkeep.domain.deciding.common import AlreadySo, Decision, Question, ends_of
from modelkeep.domain.events import AliasRemoved, VersionDeleted
from modelkeep.domain.state import Model, Version
from modelkeep.errors import Conflict


def delete(question: Question, arguments: intents.Delete) -> Decision:
    """Delete a version: what it holds ends, aliases that point at it go, number and label stay taken."""
    model = question.model()
    version = question.known_version(model)
    name = f"{model.name}@{version.number}"
    if version.deleted:
        return AlreadySo(f"{name} is deleted", version=version.number)
    held = question.state.open_tenures(model.seq, version.number, version.number)
    if not arguments.force:
        _check_protected(question, model, version, {tenure.stage for tenure in held})
    aliases = question.state.aliases_of(model.seq, version.number)
    return (
        VersionDeleted(ends_of(*held), model.seq, version.number),
        *(AliasRemoved(alias, model.seq) for alias in aliases),
    )


def _check_protected(question: Question, model: Model, version: Version, holds: set[str]) -> None:
    """Refuse what somebody may have to answer for one day: what is or ever was in a protected stage."""
    held = question.state.stages_held(model.seq, version.number)
    for stage in reversed(question.state.stages()):
        if stage.protected and stage.name in held:
            name = f"{model.name}@{version.number}"
            if stage.name in holds:
                message = f"{name} is in {stage.name}, which is protected"
                raise Conflict(message, f"modelkeep retire {name} {stage.name}        (or delete it with --force)")
            message = f"{name} was in {stage.name}, which is protected"
            if version.archived:
                raise Conflict(message, f"modelkeep show {name}        (it is archived; or delete it with --force)")
            raise Conflict(message, f"modelkeep archive {name}        (or delete it with --force)")
