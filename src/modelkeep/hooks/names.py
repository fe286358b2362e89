"""The names by which a change finds out that there is no hook, without loading anything else."""

from __future__ import annotations

#: The file of a registry's own hooks, in its directory.
FILE = "hooks.toml"
#: Set for a command that is run as a hook; a change that it makes runs no hooks, so that none runs for ever.
INSIDE = "MODELKEEP_HOOK"
