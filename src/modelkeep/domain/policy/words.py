"""The words of a policy that verbs use too: names of roles and checks, and what a signal can do."""

from __future__ import annotations

from modelkeep.domain.text import check_key, pattern, printable
from modelkeep.errors import UsageError

ROLE_NAME = pattern(r"[a-z]([a-z0-9-]{0,62}[a-z0-9])?")
_SLUG = pattern(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
#: What is not recorded as a check, for the registry knows it; and how the policy asks for it.
_BUILT_IN = {
    "licence": 'in the policy: require = ["licence"]; in a version: modelkeep supplement REF --licence SPDX',
    "license": 'in the policy: require = ["licence"]; in a version: modelkeep supplement REF --licence SPDX',
    "metadata": 'in the policy: require = ["data", "code", "description", "licence"]',
}
#: The policies that `policy init` writes, from the most lenient.
KINDS = ("solo", "team", "regulated")
#: What a rule makes of a signal, the weakest first.
CONSEQUENCES = ("observe", "open", "mark", "rollback")


def check_signal_name(name: str) -> str:
    """Return the name of a signal, else raise ``UsageError``: any that a metric may have."""
    return check_key(name, "name of a signal")


def check_check_name(name: str) -> str:
    """Return the name of a check that is recorded, else raise ``UsageError``."""
    _check_slug(name, "check", "bias-report")
    if name in _BUILT_IN:
        message = f"{name} is no check that is recorded: the registry knows it by itself"
        raise UsageError(message, _BUILT_IN[name])
    return name


def _check_slug(name: str, what: str, example: str) -> str:
    if not _SLUG.fullmatch(name):
        message = f"not a name for a {what}: '{printable(name)}'"
        raise UsageError(message, f"lower case letters, digits, '.', '_' and '-', as {example}")
    return name
