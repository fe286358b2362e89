"""What is not known of a version, in the words that a policy's ``require`` takes, and in those for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelkeep.domain.answers.pages import Version

_PHRASES = {
    "data": "no data recorded",
    "code": "no code recorded",
    "clean-code": "code dirty",
    "environment": "no environment recorded",
    "metrics": "no metrics",
    "licence": "no licence",
}


def missing(version: Version) -> tuple[str, ...]:
    """Return the words for what is missing, most telling first; ``clean-code``: not committed, or not known to be."""
    code = version.code
    found = {
        "data": bool(version.data),
        "code": code.commit is not None,
        "clean-code": code.commit is None or code.dirty is False,
        "environment": version.environment is not None,
        "metrics": bool(version.evaluations),
        "licence": version.licence is not None,
    }
    return tuple(word for word, there in found.items() if not there)


def missing_words(version: Version) -> str:
    """Return what is missing for a person: ``no data recorded, code dirty, no licence``."""
    unknown = version.code.commit is not None and version.code.dirty is None
    phrases = {**_PHRASES, "clean-code": "unknown whether the code was committed"} if unknown else _PHRASES
    return ", ".join(phrases[word] for word in version.missing)
