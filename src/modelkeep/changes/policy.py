"""`policy set`: a ``policy.toml`` becomes the rules that are in force, and the answer says what that means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import asdict

from modelkeep.changes.change_answer import NONE, answer
from modelkeep.changes.change_request import ChangeRequest, Resolve
from modelkeep.changes.runner import ChangeOutcome, run_change
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Effect
from modelkeep.domain.answers.policy import PolicySet
from modelkeep.domain.governed_state import Binding
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.policy.rules import Rules
from modelkeep.domain.policy.statements import differences
from modelkeep.domain.verbs.policy import Policy
from modelkeep.domain.verbs.role import RoleGranted
from modelkeep.provenance.policy_file import PolicySource, read_policy
from modelkeep.reads.policy import rules_in_force
from modelkeep.reads.policy_consequences import consequences
from modelkeep.reads.references import Say
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.state import SqlState

_SHORT = 19


def set_policy(context: Context, path: str, message: str | None, *, dry_run: bool) -> PolicySet:
    """Put the rules of a file in force, or with ``dry_run`` find out what that would mean."""
    with snapshot(context) as (reader, _):
        stages = [stage.name for stage in SqlState(reader).stages()]
        bindings = SqlState(reader).bindings()
    source = read_policy(path, stages)
    before = rules_in_force(context)
    outcome = run_change(context, _request(source), message=message, dry_run=dry_run)
    made = answer(outcome)
    digest = digest_of(source.rules.to_bytes())
    if not made.changed:
        return PolicySet(**asdict(made), digest=digest)
    found = consequences(context, before, source.rules)
    return PolicySet(
        **{**asdict(made), "effects": (*made.effects, *_granted(outcome, bindings))},
        digest=digest,
        differences=differences(before or Rules(), source.rules),
        holders=found.holders,
        judged=found.judged,
        complete=found.complete,
        requests=found.requests,
    )


def _request(source: PolicySource) -> Resolve:
    """Return the change that puts rules in force."""
    rules, text = source.rules.to_bytes(), source.text.encode()
    command = Policy(digest_of(rules), digest_of(text))

    def resolve(reader: Reader, _say: Say) -> ChangeRequest:
        present = SqlState(reader).policy()
        before = NONE if present is None else present.digest[:_SHORT]
        return ChangeRequest(
            command,
            None,
            documents={command.rules: rules, command.source: text},
            effects=(Effect("policy", before, command.rules[:_SHORT]),),
            about="policy",
        )

    return resolve


def _granted(outcome: ChangeOutcome, bindings: Sequence[Binding]) -> Iterator[Effect]:
    """Yield the role that the author was given, so that the policy can be changed again."""
    for event in () if outcome.entry is None else outcome.entry.events:
        if isinstance(event, RoleGranted):
            roles = [each.role for each in bindings if each.principal == str(event.principal)]
            yield Effect(str(event.principal), ", ".join(roles) or NONE, ", ".join([*roles, event.role]))
