"""What a filter asks of versions that their row in a list does not have: formats, descriptions, runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelkeep.domain.answers.versions import VersionRow
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.statement import Statement, statement

_FORMATS = statement("""
SELECT version, value, seq FROM version_fact
WHERE model = :model AND version BETWEEN :first AND :last AND kind = 'format' AND KNOWN(version_fact.seq)
ORDER BY version, seq DESC
""")

_DESCRIPTIONS = statement("""
SELECT version, text, since_seq FROM description
WHERE model = :model AND version BETWEEN :first AND :last AND HOLDS(description)
""")

_RUNS = statement("""
SELECT version, id, 0 FROM run
WHERE model = :model AND version BETWEEN :first AND :last AND KNOWN(run.seq)
""")

_BY_KIND: Mapping[str, Statement] = {"format": _FORMATS, "description": _DESCRIPTIONS, "run": _RUNS}


def values(
    reader: Reader, at: int | None, kind: str, rows: Sequence[tuple[int, VersionRow]]
) -> dict[tuple[int, int], list[str]]:
    """Return what versions have of a kind, by model and number; of a format what the newest inspection found."""
    numbers: dict[int, list[int]] = {}
    for model, row in rows:
        numbers.setdefault(model, []).append(row.version)
    found: dict[tuple[int, int], list[str]] = {}
    newest: dict[tuple[int, int], int] = {}
    for model, there in numbers.items():
        for version, value, seq in _BY_KIND[kind].rows(reader, at, model=model, first=min(there), last=max(there)):
            if newest.setdefault((model, version), seq) == seq:
                found.setdefault((model, version), []).append(value)
    return found
