"""The part of the API that is about the policy: who may do what, what a stage asks for, and who decided.

`Governance` is a base of `Registry`: its methods are the registry's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.provenance.api_calls import checked_class

if TYPE_CHECKING:
    from modelkeep.api_types import Moment, Path, Texts
    from modelkeep.changes.change_request import Resolve
    from modelkeep.context import Context
    from modelkeep.domain.answers.changes import Change
    from modelkeep.domain.answers.policy import Policy, PolicyDiff, PolicyRow, PolicySet
    from modelkeep.domain.answers.roles import RoleRow


@checked_class
class Governance:
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

        return policy.set_policy(self._context, file, message, dry_run=dry_run)

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

        return policy.policy_diff(self._context, sides)

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
