"""The rows of tenures, which several verbs open and end, and what their sentences say of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.verbs.question import End
from modelkeep.domain.verbs.rows import Changes, Close, Insert, Recorded, Row, opened
from modelkeep.domain.verbs.wording import join_words, model_name

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


def tenure_row(
    recorded: Recorded, model: int, stage: str, version: int, *, came_from: int | None, share: int | None = None
) -> Insert:
    """Return the row of a tenure that the entry opens."""
    row: Row = {
        "model": model,
        "stage": stage,
        "version": version,
        "share": share,
        "came_from": came_from,
        "opened_by": recorded.entry.intent.kind,
        "ended_by": None,
        "ended_for": None,
    }
    return opened("tenure", row, recorded.seq)


def ended_rows(recorded: Recorded, model: int, ends: Sequence[End], successor: int | None = None) -> Changes:
    """Yield the ends of tenures: by which verb, and for which version."""
    sets = (("ended_by", recorded.entry.intent.kind), ("ended_for", successor))
    for end in ends:
        where = (
            ("model", "=", model),
            ("stage", "=", end.stage),
            ("version", "=", end.version),
            ("since_seq", "=", end.tenure),
        )
        yield Close("tenure", where, recorded.seq, sets)


def in_place_of(entry: Entry, ends: Sequence[End]) -> str:
    """Return ``, in place of fraud@3`` for the tenures that ended, nothing for none."""
    if not ends:
        return ""
    return f", in place of {join_words([f'{model_name(entry)}@{end.version}' for end in ends])}"


def stages_left(entry: Entry, ends: Sequence[End]) -> list[str]:
    """Return ``fraud@3 left staging and production``, a part for each version."""
    left: dict[int, dict[str, None]] = {}
    for end in sorted(ends, key=lambda each: each.version):
        left.setdefault(end.version, {})[end.stage] = None
    return [f"{model_name(entry)}@{version} left {join_words(list(stages))}" for version, stages in left.items()]
