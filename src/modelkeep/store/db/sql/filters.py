"""What a filter asks of versions that their row in a list does not have: descriptions and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelkeep.domain.answers.versions import VersionRow
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.statement import Statement, statement

_DESCRIPTIONS = statement("""
SELECT version, text FROM description
WHERE model = :model AND version BETWEEN :first AND :last AND HOLDS(description)
""")

_RUNS = statement("""
SELECT version, id FROM run
WHERE model = :model AND version BETWEEN :first AND :last AND KNOWN(run.seq)
""")

_BY_KIND: Mapping[str, Statement] = {"description": _DESCRIPTIONS, "run": _RUNS}


def values(
    reader: Reader, at: int | None, kind: str, rows: Sequence[tuple[int, VersionRow]]
) -> dict[tuple[int, int], list[str]]:
    """Return what versions have of a kind, by model and number."""
    numbers: dict[int, list[int]] = {}
    for model, row in rows:
        numbers.setdefault(model, []).append(row.version)
    found: dict[tuple[int, int], list[str]] = {}
    for model, there in numbers.items():
        for version, value in _BY_KIND[kind].rows(reader, at, model=model, first=min(there), last=max(there)):
            found.setdefault((model, version), []).append(value)
    return found
