"""`policy`: the rules of the registry change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.policy.permissions import roles_of, roles_with
from modelkeep.domain.record import Sha256
from modelkeep.domain.stages import check_stages
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.role import Principal, RoleGranted
from modelkeep.domain.verbs.rows import Changes, Close, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict, Denied, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.governed_state import Binding
    from modelkeep.domain.policy.rules import Rules


#: The bytes of the TOML that is kept with the rules.
_LARGEST_SOURCE = 512 << 10


class Policy(Command, frozen=True):
    """Put rules in force: ``rules`` is the digest of their canonical JSON, ``source`` that of the TOML they came from."""

    PERMISSION = "policy"

    rules: Sha256
    source: Sha256

    def documents(self) -> Mapping[str, str]:
        return {self.rules: "policy", self.source: "policy source"}

    def decide(self, proposal: Proposal) -> Decision:
        """Change the rules; where nobody could change them again, the author becomes the one who can."""
        from modelkeep.domain.policy.rules import parse_rules  # reading an entry does not need the rules

        state = proposal.state
        rules = parse_rules(proposal.document(self.rules, "policy"))
        present = state.policy()
        if present is not None and (present.digest, present.source) == (self.rules, self.source):
            return AlreadySo("this policy is in force")
        if len(proposal.document(self.source, "policy source")) > _LARGEST_SOURCE:
            message = f"the text of a policy has at most {_LARGEST_SOURCE:,} bytes"
            raise UsageError(message)
        _check_rules(proposal, rules)
        if rules.stages:
            _check_stages(proposal, rules)
        return (PolicySet(), *_first_owner(proposal, rules))

    def sentence(self, words: EntryWords) -> str:
        granted = words.events(RoleGranted)
        owner = f", and gave {granted[0].principal} the role {granted[0].role}" if granted else ""
        return f"put the policy {self.rules[7:19]} in force{owner}"


class PolicySet(Event, frozen=True):
    """Other rules hold from here on."""

    def project(self, recorded: Recorded) -> Changes:
        """Close the row of the rules before and its stages, and open those of the new ones."""
        from modelkeep.domain.policy.rules import parse_rules

        command = recorded.command(Policy)
        data = recorded.document(command.rules, "policy")
        rules = parse_rules(data)
        yield Close("policy", (), recorded.seq)
        yield recorded.opened("policy", {"digest": command.rules, "source": command.source, "rules": data.decode()})
        if not rules.stages:
            return
        yield Close("stage", (), recorded.seq)
        for position, each in enumerate(rules.stages, start=1):
            stage = each.stage
            row: Row = {
                "position": position,
                "name": stage.name,
                "protected": int(stage.protected),
                "synonyms": " ".join(stage.synonyms),
            }
            yield recorded.opened("stage", row)


def _check_rules(proposal: Proposal, rules: Rules) -> None:
    """Raise ``UsageError`` with the first problem of the rules."""
    from modelkeep.domain.policy.problems import find_problems  # no other command needs it

    problems = find_problems(rules, [stage.name for stage in proposal.state.stages()])
    if problems:
        path = ".".join(map(str, problems[0].path))
        message = f"these rules cannot be in force: {path}: {problems[0].message}"
        raise UsageError(message)


def _check_stages(proposal: Proposal, rules: Rules) -> None:
    """Refuse stages that a registry cannot have, that leave out one that is held, or that an alias is called."""
    stages = [each.stage for each in rules.stages]
    check_stages(stages)
    words = [word for stage in stages for word in (stage.name, *stage.synonyms)]
    kept = {stage.name for stage in stages}
    for stage in proposal.state.stages():
        if stage.name not in kept and proposal.state.is_held(stage.name):
            message = f"the policy leaves out the stage {stage.name}, which a version holds"
            raise Conflict(
                message, f"modelkeep list --stage {stage.name}        (retire them first, or keep the stage)"
            )
    for request in proposal.state.open_requests():
        if request.stage not in kept:
            message = f"the policy leaves out the stage {request.stage}, for which request {request.seq} is open"
            raise Conflict(message, f"modelkeep reject {request.seq}        (or keep the stage)")
    if taken := proposal.state.alias_among(words):
        message = f"the policy calls a stage {taken}, and a model has an alias of that name"
        raise Conflict(message, "remove the alias first (modelkeep alias REF ALIAS-), or call the stage otherwise")


def _first_owner(proposal: Proposal, rules: Rules) -> tuple[RoleGranted, ...]:
    """Return the grant that keeps the policy changeable, none where it is not needed.

    Where roles come into force, the author must be able to change the policy: roles that were given before, when everybody
    could give them, must not lock the author out. Later it is enough that an account or group can. Raises ``Conflict``
    where no role of the policy may change it.
    """
    if not rules.roles:
        return ()
    able = roles_with(rules, "policy")
    if not able:
        message = "no role of this policy may change the policy: it would lock everybody out"
        raise Conflict(message, 'give one role the permission: may = ["policy", "role", …]')
    bindings, observed, present = proposal.state.bindings(), proposal.observed, proposal.state.policy()
    if present is not None and present.rules.roles:
        if can_change_policy(rules, bindings):
            return ()
    elif not set(able).isdisjoint(roles_of(bindings, observed.user, observed.groups)):
        return ()
    if observed.user_namespace:
        message = f"the policy would give its roles to {observed.user}, as a user namespace calls the account: no role holds there"
        raise Denied(message, "run it outside of the container or of unshare")
    both = [role for role in roles_with(rules, "role") if role in able]
    principal = Principal("user", observed.user)
    return (RoleGranted(both[0] if both else able[0], principal),)


def can_change_policy(rules: Rules, bindings: Sequence[Binding]) -> bool:
    """Tell whether an account or group bears a role that may change the policy."""
    able = roles_with(rules, "policy")
    return any(binding.role in able for binding in bindings)
