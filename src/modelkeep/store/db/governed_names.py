"""What completion reads from a registry about its policy: stages and what they mean, roles, requests, checks.

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

_OF_POLICY = "FROM policy CROSS JOIN json_each(policy.rules, '$.{}') AS part WHERE HOLDS(policy)"
MEANINGS = "SELECT json_extract(part.value, '$.name'), json_extract(part.value, '$.meaning') " + _OF_POLICY.format(
    "stages"
)
ROLES = "SELECT json_extract(part.value, '$.name') " + _OF_POLICY.format("roles")
ASKED_FOR = """
SELECT DISTINCT json_extract(wanted.value, '$.name')
FROM policy CROSS JOIN json_each(policy.rules, '$.stages') AS stage
CROSS JOIN json_each(stage.value, '$.checks') AS wanted WHERE HOLDS(policy)
"""
RECORDED = f"SELECT name FROM check_result WHERE model = :model ORDER BY version DESC LIMIT {_LOOKED_AT}"
BEARERS = f"""
SELECT kind, name FROM role_binding WHERE role = :role AND HOLDS(role_binding) ORDER BY kind, name LIMIT {_LOOKED_AT}
"""
_REQUESTS = """
SELECT request.since_seq, model_name.name, request.version, request.stage, entry_action.actor FROM request
CROSS JOIN model_name ON model_name.model = request.model AND HOLDS(model_name)
CROSS JOIN entry_action ON entry_action.seq = request.since_seq
"""
OPEN_REQUESTS = f"{_REQUESTS} WHERE HOLDS(request) ORDER BY request.since_seq DESC LIMIT {MOST}"
REQUESTS = f"{_REQUESTS} ORDER BY request.since_seq DESC LIMIT {MOST}"


class GovernedNames:
    """The names in one registry that its policy is about; ``rows`` runs a SELECT."""

    def __init__(self, rows: Callable[..., Iterator[Any]]) -> None:
        self._rows = rows

    def meanings(self) -> dict[str, str]:
        """Return what the policy in force says that stages mean."""
        return {name: meaning for name, meaning in self._rows(MEANINGS) if meaning}

    def roles(self) -> list[Candidate]:
        """Return the roles of the policy in force, in its order."""
        return [(role, "") for (role,) in self._rows(ROLES)][:MOST]

    def bearers(self, role: str) -> list[Candidate]:
        """Return who bears a role, as ``user:ana``."""
        return [(f"{kind}:{name}", "") for kind, name in self._rows(BEARERS, role=role)][:MOST]

    def requests(self, *, open_only: bool) -> list[Candidate]:
        """Return the newest requests by their numbers, each with its version, its stage and the person who asked."""
        rows = self._rows(OPEN_REQUESTS if open_only else REQUESTS)
        return [(str(seq), f"{name}@{version} for {stage}, asked by {by}") for seq, name, version, stage, by in rows]

    def checks(self, model: int | None) -> list[Candidate]:
        """Return the checks that the policy asks for, and those of a model's newest versions."""
        names = {name: "asked for by the policy" for (name,) in self._rows(ASKED_FOR)}
        return [
            *names.items(),
            *dict.fromkeys((name, "") for (name,) in self._rows(RECORDED, model=model) if name not in names),
        ][:MOST]
