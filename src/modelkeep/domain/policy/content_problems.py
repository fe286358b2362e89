"""What is wrong with the rules of a stage about what is in the files of a version."""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.domain.policy.problem import Path, Problem, check_repeated, unknown_word
from modelkeep.domain.policy.rules import StageRules
from modelkeep.domain.text import pattern, printable

#: What pickles and a signature can be asked to be.
LEVELS = {"pickles": ("safe",), "signature": ("compatible",)}
_FORMAT = pattern(r"[a-z][a-z0-9_.-]{0,62}")
_MOST_FORMATS = 50


def content_problems(stage: StageRules, path: Path) -> Iterator[Problem]:
    """Yield words that mean nothing, and rules without a bound."""
    if stage.formats is not None:
        yield from _formats(stage.formats.only, (*path, "formats"))
    for field, levels in LEVELS.items():
        rule = getattr(stage, field)
        if rule is not None and rule.level not in levels:
            yield unknown_word((*path, field), f"nothing that {_subject(field)} can be asked to be", rule.level, levels)
    if stage.signature is not None and not stage.signature.warn and "signature" in (*stage.require, *stage.recommend):
        yield Problem((*path, "signature"), "'signature' under require is pointless beside this rule, which is more")


def _formats(words: tuple[str, ...], path: Path) -> Iterator[Problem]:
    if not words:
        yield Problem(path, "no format is allowed: no version could hold the stage")
    if len(words) > _MOST_FORMATS:
        yield Problem(path, f"a stage allows {_MOST_FORMATS} formats at most")
    for word in words:
        if not _FORMAT.fullmatch(word):
            yield Problem(path, f"not a format: '{printable(word)}' (lower case letters, digits, '.', '_' and '-')")
    yield from check_repeated(path, words)


def _subject(field: str) -> str:
    return "pickles" if field == "pickles" else "a signature"
