"""What a change needs to find that there is no hook, without loading anything else."""

from __future__ import annotations

from shlex import quote

#: The file of a registry's own hooks, in its directory.
FILE = "hooks.toml"
#: Set for a command that is run as a hook; a change that it makes runs no hooks, so that none runs for ever.
INSIDE = "MODELKEEP_HOOK"


def trusting(directory: str) -> str:
    """Return the line that lets the hooks of a registry run."""
    return f"modelkeep config trust {quote(directory)}"
