"""The words of a policy that verbs use too: names of roles and checks, and what a signal can do."""

from __future__ import annotations

from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError

ROLE_NAME = pattern(r"[a-z]([a-z0-9-]{0,62}[a-z0-9])?")
_CHECK_NAME = pattern(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
#: What a rule makes of a signal, the weakest first.
CONSEQUENCES = ("observe", "open", "mark", "rollback")


def check_check_name(name: str) -> str:
    """Return the name of a check, else raise ``UsageError``."""
    if not _CHECK_NAME.fullmatch(name):
        message = f"not a name for a check: '{printable(name)}'"
        raise UsageError(message, "lower case letters, digits, '.', '_' and '-', as bias-report")
    return name
