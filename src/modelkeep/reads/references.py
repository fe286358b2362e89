"""What people type, resolved on a reader: references, stages, ``--expect``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.refs import parse_ref
from modelkeep.domain.selectors import Digest, Label, Number, parse_selector
from modelkeep.domain.stages import DEVELOPMENT_WORDS, StageDef, Stages, resolve_stage
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.model_names import hint
from modelkeep.store.db.sql.references import Resolved, resolve
from modelkeep.store.db.sql.version_states import newest_left
from modelkeep.store.db.state import SqlState

if TYPE_CHECKING:
    from modelkeep.domain.entry import Expect, Subject

Say = Callable[[str], None]
_READS = frozenset({"get", "path", "show", "resolve"})


def version_or_model(reader: Reader, text: str, say: Say, at: AsOf | None = None) -> Resolved:
    """Return the version that a reference means, or the model where it is a bare name."""
    found = resolve(reader, None if at is None else at.seq, parse_ref(text), SqlState(reader).stages())
    if found.renamed_from is not None:
        say(f"note: {found.renamed_from} is called {found.name} now")
    return found


def version_of(
    reader: Reader,
    text: str,
    say: Say,
    command: str,
    at: AsOf | None = None,
) -> Resolved:
    """Return the version that a reference means; a bare name is not one where state or bytes are at stake.

    ``command`` is what was typed, with ``{}`` for the reference: the hint of the ``UsageError`` is made of it.
    """
    found = version_or_model(reader, text, say, at)
    if found.number is None:
        message = f"{command.partition(' ')[0]} needs a version: {_candidates(reader, found)}"
        likely = command.replace("{}", _likely(reader, found, command), 1)
        raise UsageError(message, f"modelkeep {likely}")
    return found


def stage_named(reader: Reader, text: str) -> StageDef:
    """Return the stage that a word means."""
    stages = SqlState(reader).stages()
    stage = resolve_stage(text, stages)
    if stage is not None:
        return stage
    if text.lower() in DEVELOPMENT_WORDS:
        message = "development is where a version is before it holds a stage: nothing is put there"
        raise UsageError(message, "stages are " + ", ".join(each.name for each in stages))
    message = f"there is no stage '{printable(text)}'"
    raise NotFound(
        message, hint("stages are " + ", ".join(each.name for each in stages), text, [s.name for s in stages])
    )


def last_stage(stages: Stages) -> StageDef:
    """Return the highest stage: what "production" means in these texts."""
    return stages[-1]


def expectation(reader: Reader, text: str | None, model: int | None) -> Expect | None:
    """Return what ``--expect`` names: a number, a label, a digest or ``none``; never a name that can move."""
    if text is None:
        return None
    from modelkeep.domain.entry import Expect

    if text.lower() == "none":
        return Expect(0)
    selector = parse_selector(text)
    state = SqlState(reader)
    number: int | None = None
    match selector:
        case Number():
            number = selector.number
        case Label():
            from modelkeep.domain.labels import label_key

            number = None if model is None else state.version_labelled(model, label_key(selector.text))
        case Digest():
            number = None if model is None else _by_digest(reader, model, text)
        case _:
            message = f"--expect compares with a number, a label, a digest or none; '{printable(text)}' may move"
            raise UsageError(message, "--expect 3")
    if number is None:
        message = f"--expect names no version: {printable(text)}"
        raise NotFound(message)
    return Expect(number)


def subject_of(found: Resolved, stage: StageDef | None = None) -> Subject:
    """Return what an intent about a version or a model is about."""
    from modelkeep.domain.entry import Subject

    return Subject(
        digest=found.digest if found.number is not None else None,
        model=found.model,
        name=found.name,
        stage=None if stage is None else stage.name,
        version=found.number,
    )


def _by_digest(reader: Reader, model: int, text: str) -> int | None:
    state = SqlState(reader)
    known = state.model(model)
    if known is None:
        return None
    ref = parse_ref(f"{known.name}@{text if text.startswith('sha256:') else 'sha256:' + text}")
    return resolve(reader, None, ref, state.stages()).number


def _candidates(reader: Reader, found: Resolved) -> str:
    state = SqlState(reader)
    held = [
        f"{stage.name} {holder.version}"
        for stage in reversed(state.stages())
        if (holder := state.holder(found.model, stage.name)) is not None
    ]
    number = newest_left(reader, None, found.model)
    newest = [] if number is None else [f"latest {number}"]
    return f"{found.name} has {', '.join(held + newest)}"


def _likely(reader: Reader, found: Resolved, command: str) -> str:
    """Return the version that was probably meant: what is live for reading, the newest for a change."""
    state = SqlState(reader)
    if command.partition(" ")[0] not in _READS:
        return f"{found.name}@{newest_left(reader, None, found.model) or 'latest'}"
    for stage in reversed(state.stages()):
        if state.holder(found.model, stage.name) is not None:
            return f"{found.name}@{stage.name}"
    return f"{found.name}@latest"


def whole_model(reader: Reader, found: Resolved, command: str) -> UsageError:
    """Return the error for a model where a version is needed, or ``--all-versions``."""
    one = newest_left(reader, None, found.model)
    more = "" if one is None else f"        (or one: {found.name}@{one})"
    return UsageError(f"{found.name} is a whole model", f"modelkeep {command} {found.name} --all-versions{more}")
