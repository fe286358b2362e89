"""What completion reads from a registry about versions in use: targets, signals, what is left for a person; attachments.

It is imported where such a word is completed, so that other words need not wait for it. Every list is bounded.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from modelkeep.store.db.completion import Candidate

#: The longest lists, and how many rows are looked at for them.
MOST, _LOOKED_AT = 50, 1_000

# The next of the targets, each of which may stand in many rows.
TARGETS = "SELECT target FROM deployment WHERE target >= :low AND target < :end ORDER BY target LIMIT 1"
FORMATS = """
SELECT value FROM version_fact WHERE kind = 'format' AND value >= :low AND value < :end ORDER BY value LIMIT 1
"""
MEANT = """
SELECT DISTINCT json_extract(part.value, '$.name')
FROM policy CROSS JOIN json_each(policy.rules, '$.signals') AS part WHERE HOLDS(policy)
"""
MEASURED = f"SELECT name FROM signal WHERE model = :model ORDER BY version DESC LIMIT {_LOOKED_AT}"
OPEN_ITEMS = f"""
SELECT open_item.since_seq, model_name.name, open_item.version, open_item.item FROM open_item
CROSS JOIN model_name ON model_name.model = open_item.model AND HOLDS(model_name)
WHERE HOLDS(open_item) ORDER BY open_item.since_seq DESC LIMIT {MOST}
"""
ATTACHMENTS = f"""
SELECT name FROM (SELECT kind, name FROM version_fact WHERE model = :model ORDER BY version DESC LIMIT {_LOOKED_AT}) AS newest
WHERE kind >= 'attachment.' AND kind < 'attachment/'
"""


class ServingNames:
    """The names in one registry that versions in use bring along, some of them of one model.

    ``rows`` runs a SELECT, ``distinct`` one of these for each distinct value that begins like a word.
    """

    def __init__(
        self, rows: Callable[..., Iterator[Any]], distinct: Callable[[str, str], list[Candidate]], model: int | None
    ) -> None:
        self._rows = rows
        self._distinct = distinct
        self._model = model

    def targets(self, prefix: str) -> list[Candidate]:
        """Return the targets of deployments that begin so."""
        return self._distinct(TARGETS, prefix)

    def formats(self, prefix: str) -> list[Candidate]:
        """Return the formats of versions that begin so."""
        return self._distinct(FORMATS, prefix)

    def signals(self) -> list[Candidate]:
        """Return the signals that the policy gives a meaning, and those of the model's newest versions."""
        names = {name: "has a meaning in the policy" for (name,) in self._rows(MEANT)}
        measured = dict.fromkeys(name for (name,) in self._rows(MEASURED, model=self._model))
        return [*names.items(), *((name, "") for name in measured if name not in names)][:MOST]

    def open_items(self) -> list[Candidate]:
        """Return the newest entries that a person has to look at, each with the version and what is open."""
        return [(str(seq), f"{name}@{version}: {item}") for seq, name, version, item in self._rows(OPEN_ITEMS)]

    def attachments(self) -> list[Candidate]:
        """Return the attachments of the model's newest versions."""
        names = {name for (name,) in self._rows(ATTACHMENTS, model=self._model)}
        return [(name, "") for name in sorted(names)][:MOST]
