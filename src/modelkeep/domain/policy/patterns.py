"""The names and labels that a policy allows: a new one must match one of its globs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.text import printable
from modelkeep.errors import Denied

if TYPE_CHECKING:
    from modelkeep.domain.verbs.interface import Proposal


def check_model_name(proposal: Proposal, name: str) -> None:
    """Raise ``Denied`` where the policy in force does not allow a model to get a name."""
    policy = proposal.state.policy()
    if policy is not None:
        _check(policy.rules.model_names, "model", name)


def check_new_label(proposal: Proposal, label: str) -> None:
    """Raise ``Denied`` where the policy in force does not allow a version to get a label."""
    policy = proposal.state.policy()
    if policy is not None:
        _check(policy.rules.labels, "label", label)


def _check(globs: Sequence[str], what: str, word: str) -> None:
    if not globs:
        return
    from modelkeep.domain.globs import GlobMatcher  # few policies have globs

    if not GlobMatcher(globs).matches(word):
        message = f"the policy does not allow a {what} called {printable(word)}"
        raise Denied(message, f"it must match {printable(' or '.join(globs))}        (capitals count)")
