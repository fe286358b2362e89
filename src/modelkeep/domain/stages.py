"""Stages and aliases: the words after the @ that people choose, and which of them mean a stage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from modelkeep.domain.labels import fold, is_label
from modelkeep.domain.names import RESERVED, RESERVED_LATER
from modelkeep.domain.record import LogValue
from modelkeep.domain.text import close_to, pattern, printable
from modelkeep.errors import NotFound, UsageError

_WORD = pattern(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?")
_NUMBER = pattern(r"[vV]?[1-9][0-9]{0,8}")
_LOOKS_NUMBERED = pattern(r"[vV]?[0-9]+")
_HEX = pattern(r"[0-9a-f]{8,}")
_LONGEST = 32
#: What an alias of another registry may look like.
_IMPORTED_ALIAS = pattern(r"[A-Za-z0-9_-]{1,255}")

#: Where a version is before it holds a stage, and the short word for it, where no stage is called so.
DEVELOPMENT = "development"
_DEVELOPMENT_WORDS = (DEVELOPMENT, "dev")


class StageDef(LogValue, frozen=True):
    """A stage as the log declares it; a version in a protected stage is not archived, nor deleted without ``force``."""

    name: str
    protected: bool = False
    synonyms: tuple[str, ...] = ()


#: The stages of a registry, lowest first: the last one is what these texts call production.
Stages: TypeAlias = Sequence[StageDef]

DEFAULT_STAGES: tuple[StageDef, ...] = (
    StageDef("staging", protected=False, synonyms=("stg",)),
    StageDef("production", protected=True, synonyms=("prod",)),
)
_SYNONYMS = {stage.name: stage.synonyms for stage in DEFAULT_STAGES} | {DEVELOPMENT: _DEVELOPMENT_WORDS[1:]}


def is_word(text: str) -> bool:
    """Say whether a text looks like a stage or an alias, reserved or not."""
    return bool(_WORD.fullmatch(text))


def check_alias(text: str, stages: Stages) -> str:
    """Return a new alias, else raise ``UsageError``: it may not be a stage or mean one."""
    check_imported_alias(_check(text, "alias"), stages)
    if is_development(text, stages):
        message = f"'{text}' is where a version is before it holds a stage, and an alias may not have that name"
        raise UsageError(message, _legal(text, "alias"))
    return text


def check_imported_alias(text: str, stages: Stages) -> str:
    """Return an alias as the log may hold it, else raise ``UsageError``: another registry's may have capitals and ``_``."""
    if not _IMPORTED_ALIAS.fullmatch(text):
        message = f"not a legal name for an alias: '{printable(text)}'"
        raise UsageError(message, _legal(text, "alias"))
    if resolve_stage(text, stages) is not None:
        message = f"'{text}' is a stage here, and an alias may not have a stage's name"
        raise UsageError(message, _legal(text, "alias"))
    return text


def resolve_stage(text: str, stages: Stages) -> StageDef | None:
    """Return the stage that a text means, by name or synonym and without case; None if none does."""
    wanted = fold(text)
    for stage in stages:
        if wanted == stage.name or wanted in stage.synonyms:
            return stage
    return None


def stage_named(text: str, stages: Stages) -> str:
    """Return the name of the stage that a text means; ``NotFound`` if none does."""
    stage = resolve_stage(text, stages)
    if stage is not None:
        return stage.name
    message = f"there is no stage '{printable(text)}'"
    names = [DEVELOPMENT, *(each.name for each in stages)]
    near = close_to(text.lower(), names)
    raise NotFound(message, f"stages are {', '.join(names)}", correction=(text, near[0]) if near else None)


def is_development(text: str, stages: Stages) -> bool:
    """Tell whether a text means where a version is before it holds a stage: no stage is called so."""
    return fold(text) in _DEVELOPMENT_WORDS and resolve_stage(text, stages) is None


def declare_stages(names: Sequence[str]) -> tuple[StageDef, ...]:
    """Return the stages of a new registry, lowest first; the last one is protected.

    ``dev``, ``stg`` and ``prod`` are synonyms of the long words, unless a stage has such a name.
    What `check_stages` refuses raises ``UsageError``.
    """
    synonyms = {name: tuple(each for each in _SYNONYMS.get(name, ()) if each not in names) for name in names}
    stages = tuple(StageDef(name, protected=name == names[-1], synonyms=synonyms[name]) for name in names)
    for name in names:
        _check(name, "stage")
    check_stages(stages)
    return stages


def check_stages(stages: Stages) -> None:
    """Raise ``UsageError`` where no log has these stages: none, illegal names, one word for two of them.

    A word that was reserved when there were registries already does not make a log wrong that has it.
    """
    if not stages:
        message = "a registry needs at least one stage"
        raise UsageError(message, "--stages staging,production")
    taken: set[str] = set()
    for word in (word for stage in stages for word in (stage.name, *stage.synonyms)):
        if word not in RESERVED_LATER:
            _check(word, "stage")
        if word in taken:
            message = f"two stages are called '{word}'"
            raise UsageError(message, "each stage once, without another one's short form")
        taken.add(word)


def _check(text: str, kind: str) -> str:
    shown = printable(text)
    if _NUMBER.fullmatch(text):
        message = f"'{shown}' reads as the number of a version and cannot be the name of {_a(kind)}"
    elif is_label(text):
        message = f"'{shown}' reads as a label of a version and cannot be the name of {_a(kind)}"
    elif not is_word(text):
        message = f"not a legal name for {_a(kind)}: '{shown}'"
    elif text in RESERVED["word"]:
        message = f"'{text}' is a reserved word and cannot be the name of {_a(kind)}"
    elif _HEX.fullmatch(text):
        message = f"'{text}' reads as a digest and cannot be the name of {_a(kind)}"
    else:
        return text
    raise UsageError(message, f"{_legal(text, kind)}   (lower case letters, digits and '-', at most 32)")


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "alias" else f"a {kind}"


def _legal(text: str, kind: str) -> str:
    """Return a legal spelling that is near to the text."""
    likely = re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:_LONGEST].rstrip("-")
    taken = (*RESERVED["word"], *(_DEVELOPMENT_WORDS if kind == "alias" else ()), text)
    if is_word(likely) and likely not in taken and not _clashes(likely):
        return likely
    return f"my-{likely}"[:_LONGEST].rstrip("-") if likely else ("champion" if kind == "alias" else "staging")


def _clashes(text: str) -> bool:
    return bool(_LOOKS_NUMBERED.fullmatch(text) or is_label(text) or _HEX.fullmatch(text))
