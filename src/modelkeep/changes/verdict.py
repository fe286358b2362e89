"""How a new version's metrics compare with production's: ``auc 0.914 (+0.007 against production, fraud@3)``."""

from __future__ import annotations

from modelkeep.domain.answers.changes import Verdict
from modelkeep.rendering import difference
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.annotations import newest_metrics
from modelkeep.store.db.state import SqlState


def against_production(
    reader: Reader,
    model: int,
    name: str,
    version: int,
    metrics: tuple[tuple[str, str], ...],
    displaced: int | None,
) -> tuple[Verdict, ...]:
    """Return each metric beside that of the holder of the last stage, exact where both are numbers.

    Where the version has just taken that stage itself, it is compared with ``displaced``.
    """
    state = SqlState(reader)
    stage = state.stages()[-1].name
    holder = state.holder(model, stage)
    standing = displaced if holder is None or holder.version == version else holder.version
    if standing is None:
        return tuple(Verdict(metric, value, None, None, None) for metric, value in metrics)
    other = newest_metrics(reader, model, standing)
    against = f"{stage} {name}@{standing}"
    return tuple(
        Verdict(metric, value, against, other[metric], difference(value, other[metric]))
        if metric in other
        else Verdict(metric, value, None, None, None)
        for metric, value in metrics
    )
