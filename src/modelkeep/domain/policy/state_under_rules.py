"""A registry as it is, under rules that are not in force: what `policy set -n` judges by."""

from __future__ import annotations

from typing import Any

from modelkeep.domain.governed_state import PolicyInForce
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.policy.rules import Rules
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import State


class StateUnderRules:
    """Answers all questions as the state does, those about the policy and its stages by other rules."""

    def __init__(self, state: State, rules: Rules) -> None:
        self._state = state
        self._policy = PolicyInForce(0, digest_of(rules.to_bytes()), rules, source="")

    def policy(self) -> PolicyInForce:
        """Return the rules."""
        return self._policy

    def stages(self) -> tuple[StageDef, ...]:
        """Return the stages of the rules, those of the registry where they name none."""
        return tuple(each.stage for each in self._policy.rules.stages) or tuple(self._state.stages())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)
