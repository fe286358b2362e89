"""The part of the API that is about the policy: who may do what, what a stage asks for, and who decided.

`Governance` is a base of `Registry`: its methods are the registry's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.governance_checks import CheckMethods
from modelkeep.local_path import local_path
from modelkeep.provenance.api_calls import checked_class

if TYPE_CHECKING:
    from modelkeep.api_types import Moment, Path, Ref, Share, Texts
    from modelkeep.changes.change_request import Resolve
    from modelkeep.context import Context
    from modelkeep.domain.answers.approvals import RequestRow
    from modelkeep.domain.answers.changes import Change
    from modelkeep.domain.answers.policy import Policy, PolicyDiff, PolicyRow, PolicySet
    from modelkeep.domain.answers.roles import RoleRow


@checked_class
class Governance(CheckMethods):
    """The methods of a `Registry` about its policy."""

    _context: Context

    def set_policy(self, file: Path, *, message: str | None = None, dry_run: bool = False) -> PolicySet:
        """Put the rules of a ``policy.toml`` in force; the answer says how they differ and what that means.

        A `UsageError` tells every mistake of the file with its line. `Conflict` where nobody could change the policy any
        longer, or where it leaves out a stage that is held.

        >>> registry.set_policy("policy.toml").effects[0].before
        'none'
        """
        from modelkeep.changes import policy

        return policy.set_policy(self._context, local_path(file, "FILE"), message, dry_run=dry_run)

    def policy(self, *, as_of: Moment | None = None) -> Policy:
        """Return the policy that is in force: its TOML, and its rules in words.

        >>> registry.policy().statements[0].says
        'staging < production'
        """
        from modelkeep.reads import policy

        return policy.policy(self._context, as_of)

    def policies(self, *, as_of: Moment | None = None) -> tuple[PolicyRow, ...]:
        """Return every policy that was in force, oldest first.

        >>> [each.until for each in registry.policies()]
        [None]
        """
        from modelkeep.reads import policy

        return policy.policies(self._context, as_of)

    def policy_diff(self, sides: Texts = ()) -> PolicyDiff:
        """Return how two policies differ, rule by rule.

        A side is a file or a moment. Of one side the other is the policy in force; without sides it is the last change.

        >>> registry.policy_diff("policy.toml").same
        True
        """
        from modelkeep.reads import policy

        return policy.policy_diff(self._context, [local_path(side, "FILE") for side in sides])

    def request(
        self, ref: Ref, stage: str, *, share: Share | None = None, message: str | None = None, dry_run: bool = False
    ) -> Change:
        """Ask that a version gets a stage, or a ``share`` of it, so that those whom the policy names approve it.

        The answer's ``rules`` are what the policy says now, its ``hints`` the lines that approve and reject it.

        >>> registry.request("churn@1", "production", message="march data").notes[1]
        'who may approve: anybody who neither registered it, made it nor asked for it'
        """
        from modelkeep.changes import requests

        return self._decided(requests.request(self._context, ref, stage, share), message, dry_run)

    def approve(
        self,
        request: Ref,
        stage: str | None = None,
        *,
        plan: str | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Approve a request: its number, or the version and stage that it asks for.

        ``plan`` is the digest of what was seen; without it, what the policy says now is approved. Raises `Conflict` where
        the plan is another one now, `Denied` where this account may not approve, or is behind the version.

        >>> registry.approve("churn@2", "production", message="seen the report").hints
        ('next: modelkeep promote churn@2 production -m "why"',)
        """
        from modelkeep.changes import requests

        return self._decided(requests.approve(self._context, request, stage, plan), message, dry_run)

    def reject(
        self, request: Ref, stage: str | None = None, *, message: str | None = None, dry_run: bool = False
    ) -> Change:
        """Reject a request; the person who asked withdraws it.

        >>> registry.reject("churn@2", "production", message="not before the audit").effects[0].after
        'rejected'
        """
        from modelkeep.changes import requests

        return self._decided(requests.reject(request, stage), message, dry_run)

    def requests(
        self,
        name: Ref | None = None,
        *,
        mine: bool = False,
        open_only: bool = False,
        to_approve: bool = False,
        limit: int | None = None,
        as_of: Moment | None = None,
    ) -> tuple[RequestRow, ...]:
        """Return the newest ``limit`` requests for promotions: of all models, of one, of a version, or the one with a number.

        ``mine`` are those that this account asked for, ``open_only`` those that nothing ended, ``to_approve`` the open ones that
        lack an approval which this account may give. Each has its approvals with what the approver saw; of an open one
        ``rules`` are what the policy says, with ``as_of`` what it said then.

        >>> [(each.ref, each.actor, each.state) for each in registry.requests("churn")]
        [('churn@2', 'bo', 'open')]
        """
        from modelkeep.reads import requests

        return requests.requests(
            self._context, name, as_of, mine=mine, open_only=open_only, to_approve=to_approve, limit=limit
        )

    def acknowledge(self, entry: str, *, message: str | None = None, dry_run: bool = False) -> Change:
        """Close the item that an entry opened: a promotion that broke the glass, or a signal.

        What was opened by breaking the glass takes another person.

        >>> registry.acknowledge(31)
        Traceback (most recent call last):
        modelkeep.errors.NotFound: entry 31 opened nothing that has to be acknowledged
        """
        from modelkeep.changes import requests

        return self._change(requests.acknowledge(entry), message, dry_run)

    def _decided(self, resolve: Resolve, message: str | None, dry_run: bool) -> Change:
        from modelkeep.changes.requests import answered
        from modelkeep.changes.runner import run_change

        return answered(self._context, run_change(self._context, resolve, message=message, dry_run=dry_run))

    def grant_role(self, role: str, who: str, *, message: str | None = None, dry_run: bool = False) -> Change:
        """Give a role of the policy to an account (``user:ana``) or to the members of a group (``group:ml``).

        A name that this machine does not know is a warning: another one may. Raises `NotFound` for a role that the
        policy does not have, `Denied` where this account may not give roles.

        >>> change = registry.grant_role("owner", "user:root")
        >>> change.effects[0].what, change.effects[0].after
        ('user:root', 'owner')
        """
        from modelkeep.changes.role import change_role

        return self._change(change_role(role, who, grant=True), message, dry_run)

    def revoke_role(self, role: str, who: str, *, message: str | None = None, dry_run: bool = False) -> Change:
        """Take a role from an account or a group.

        Raises `Conflict` where nobody could change the policy any more.

        >>> registry.revoke_role("owner", "user:root").effects[0].after
        'none'
        """
        from modelkeep.changes.role import change_role

        return self._change(change_role(role, who, grant=False), message, dry_run)

    def roles(self, *, as_of: Moment | None = None) -> tuple[RoleRow, ...]:
        """Return the roles, what each allows, and who bears it since when.

        >>> registry.roles()
        ()
        """
        from modelkeep.reads import roles

        return roles.roles(self._context, as_of)

    def _change(self, resolve: Resolve, message: str | None, dry_run: bool) -> Change:
        from modelkeep.changes.change_answer import answer
        from modelkeep.changes.runner import run_change

        return answer(run_change(self._context, resolve, message=message, dry_run=dry_run))
