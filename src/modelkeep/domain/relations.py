"""What an edge of the lineage means, as words: ``trained_on``, ``quantize_of``; the one place that names them."""

from __future__ import annotations

#: What the role of a dataset makes of it; another role is ``used_as_ROLE``.
_OF_ROLE = {
    "train": "trained_on",
    "training": "trained_on",
    "val": "validated_on",
    "valid": "validated_on",
    "validation": "validated_on",
    "test": "tested_on",
    "eval": "evaluated_on",
    "evaluation": "evaluated_on",
    "feature": "used_feature",
}
FEATURE = "feature"
TRAINED, EVALUATED, MADE, SAME = "trained_on", "evaluated_on", "made_from", "same_bytes_as"
VERSION_OF, CODE, RUN, ENVIRONMENT, RUNS_AT = "version_of", "built_from", "tracked_by", "ran_in", "runs_at"


def of_role(role: str | None) -> str:
    """Return what a version has to do with a dataset that has a role; without one it was trained on it."""
    return TRAINED if role is None else _OF_ROLE.get(role, f"used_as_{role}")


def of_derivation(word: str | None) -> str:
    """Return what a version has to do with its parent: ``quantize_of``, or ``derived_from`` where no word says how."""
    return "derived_from" if word is None else f"{word}_of"


def in_words(relation: str) -> str:
    """Return a relation as people read it: ``trained on``."""
    return relation.replace("_", " ")
