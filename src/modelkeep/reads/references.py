"""Resolve what people type, references and stages, on a snapshot; and the errors for deleted versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from shlex import quote

from modelkeep.domain.refs import Ref, Word, parse_ref
from modelkeep.domain.stages import StageDef, is_development, resolve_stage
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.references import Resolved, hint, name_before, resolve
from modelkeep.store.db.sql.version_states import deletion, holders, latest, newest_undeleted
from modelkeep.store.db.state import SqlState

#: Called with each note that resolving has for the user.
Say = Callable[[str], None]
_READS = frozenset({"get", "path", "show", "resolve"})


def version_or_model(reader: Reader, text: str, say: Say, at: int | None = None) -> Resolved:
    """Return the version that a reference means, or the model where it is a bare name."""
    return _resolve(reader, parse_ref(text), say, at)


def model_named(reader: Reader, name: str, say: Say, at: int | None = None) -> Resolved:
    """Return the model that bears a name, bore it, or got it after the moment ``at``."""
    return _resolve(reader, Ref(name, None), say, at)


def _resolve(reader: Reader, ref: Ref, say: Say, at: int | None) -> Resolved:
    """Return what a reference means. Each name of a model finds it, also at a moment when it had another one."""
    before = None if at is None or ref.name is None else name_before(reader, at, ref.name)
    found = resolve(reader, at, ref if before is None else Ref(before, ref.selector))
    other = found.renamed_from if before is None else ref.name
    if other is not None:
        say(f"note: {other} {f'is called {found.name} now' if at is None else f'was called {found.name} then'}")
    return found


def version_of(reader: Reader, text: str, say: Say, command: str, at: int | None = None) -> Resolved:
    """Return the version that a reference means; ``UsageError`` for a bare name, which means a model.

    ``command`` is what was typed, with ``{}`` for the reference: the hint of the ``UsageError`` is made of it.
    ``at`` is the last entry that counts, None for now.
    """
    found = version_or_model(reader, text, say, at)
    if found.number is None:
        raise _needs_version(reader, found, command, at)
    return found


def version_or_latest(reader: Reader, ref: Ref, say: Say, at: int | None = None) -> Resolved:
    """Return the version that a reference means; a bare name is the latest one, with a note."""
    if ref.name is None or ref.selector is not None:
        return _resolve(reader, ref, say, at)
    found = _resolve(reader, Ref(ref.name, Word("latest")), say, at)
    say(f"note: {ref.name} is taken as {ref.name}@latest")
    return found


def stage_named(reader: Reader, text: str) -> StageDef:
    """Return the stage that a word means."""
    stages = SqlState(reader).stages()
    stage = resolve_stage(text, stages)
    if stage is not None:
        return stage
    names = [each.name for each in stages]
    listed = f"stages are {', '.join(_with_meanings(reader, names))}"
    if is_development(text, stages):
        message = "development is where a version is before it holds a stage: nothing is put there"
        raise UsageError(message, listed)
    message = f"there is no stage '{printable(text)}'"
    raise NotFound(message, hint(listed, text, names))


def _with_meanings(reader: Reader, names: Sequence[str]) -> list[str]:
    """Return stages, each with what the policy in force says that it means."""
    policy = SqlState(reader).policy()
    meanings = {} if policy is None else {each.name: each.meaning for each in policy.rules.stages if each.meaning}
    return [f"{name} ({meanings[name]})" if name in meanings else name for name in names]


def _needs_version(reader: Reader, found: Resolved, command: str, at: int | None) -> UsageError:
    """Return the error for a bare name, with the versions that were probably meant.

    Its hint has the highest stage's version for a reading command, the latest for a change.
    """
    held = holders(reader, at, found.model)
    number = latest(reader, at, found.model)
    candidates = [f"{each.stage} {each.version}" for each in held]
    if number is not None:
        candidates.append(f"latest {number}")
    word = command.partition(" ")[0]
    if word == "resolve":  # of the Python API alone
        command = "show {}"
    if word in _READS and candidates:
        likely = command.replace("{}", quote(f"{found.name}@{held[0].stage if held else 'latest'}"), 1)
    elif number is not None:
        likely = command.replace("{}", quote(f"{found.name}@{number}"), 1)
    else:
        likely = f"list {quote(found.name)} --all"
    has = ", ".join(candidates) or "no version that can be used"
    return UsageError(f"{word} needs a version: {found.name} has {has}", f"modelkeep {likely}")


def whole_model_error(reader: Reader, found: Resolved, command: str) -> UsageError:
    """Return the error for a model where a version is needed, or ``--all-versions``."""
    one = newest_undeleted(reader, None, found.model)
    more = "" if one is None else f"        (or one: {found.name}@{one})"
    return UsageError(f"{found.name} is a whole model", f"modelkeep {command} {quote(found.name)} --all-versions{more}")


def deletion_sentence(reader: Reader, model: int, name: str, number: int) -> str | None:
    """Return ``fraud@3 was deleted by ana on 2026-11-23T09:00:01Z: "why"``, None where it was not deleted."""
    found = deletion(reader, None, model, number)
    if found is None:
        return None
    why = "" if found.reason is None else f': "{found.reason}"'
    return f"{name}@{number} was deleted by {found.actor} on {found.time[:19]}Z{why}"


def refuse_bytes_of_deleted(reader: Reader, model: int, name: str, number: int) -> None:
    """Raise ``NotFound`` where a deleted version's bytes are wanted."""
    sentence = deletion_sentence(reader, model, name, number)
    if sentence is not None:
        hint = f"modelkeep show {quote(name)}@{number}        (its bytes go with gc; registered again they get a new number)"
        raise NotFound(sentence, hint)
