"""The account, the machine and the script that write, and the identity that a person claims."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from msgspec import Struct

from modelkeep.domain.text import pattern

_UNPRINTABLE = pattern(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST = 200
# inside, outside, count: where the whole range is mapped to itself there is no user namespace
_IDENTITY_MAP = "0 0 4294967295"


class Account(Struct, frozen=True):
    """The account of the operating system that runs us.

    ``uid`` is None on Windows. ``user`` is its name in the name service, ``uid:1000650000`` if it has
    none; never ``$LOGNAME``. In a user namespace (``user_namespace``) uid 0 need not be root.
    """

    uid: int | None
    user: str
    user_namespace: bool


def observe_account() -> Account:
    """Return the account that runs this process."""
    try:
        import pwd
    except ImportError:
        return Account(None, _clean(os.getlogin()) or "unknown", user_namespace=False)
    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except (KeyError, OSError):
        user = ""
    if not user or user != _clean(user):
        user = f"uid:{uid}"
    return Account(uid, user, in_user_namespace())


def in_user_namespace(uid_map: str = "/proc/self/uid_map") -> bool:
    """Tell whether this process is in a user namespace, where its uids are other accounts outside."""
    try:
        with open(uid_map, encoding="utf-8") as file:  # ASCII would be one more codec to load
            return " ".join(file.read(4096).split()) != _IDENTITY_MAP
    except (OSError, ValueError):
        return False


def hostname() -> str | None:
    """Return the host name of this machine; None if it has none."""
    name = os.environ.get("COMPUTERNAME", "") if not hasattr(os, "uname") else os.uname().nodename
    return _clean(name) or None


def running_script() -> str | None:
    """Return the path of the script that runs; None in a notebook and in an interactive session."""
    return getattr(sys.modules.get("__main__"), "__file__", None)


def claimed_identity(environ: Mapping[str, str], cwd: str, configured: str | None = None) -> str | None:
    """Return the identity that a person claims: ``MODELKEEP_ACTOR``, else the config's ``actor``, else git's; or None.

    It is one line of at most 200 characters. Nothing checks it.
    """
    if claim := _clean(environ.get("MODELKEEP_ACTOR", "")) or _clean(configured or ""):
        return claim
    from modelkeep.provenance import git

    return _clean(git.identity(cwd, environ) or "") or None


def _clean(text: str) -> str:
    if not text.isprintable():
        text = _UNPRINTABLE.sub(" ", text)
    return " ".join(text.split())[:_LONGEST].rstrip()
