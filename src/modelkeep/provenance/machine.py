"""The account, the machine and the script that write, and the identity that a person claims."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping

from msgspec import Struct

from modelkeep.domain.text import pattern

_UNPRINTABLE = pattern(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST = 200
# inside, outside, count: where the whole range is mapped to itself there is no user namespace
_IDENTITY_MAP = "0 0 4294967295"
#: What the kernel says where nobody logged in: in a service, in most containers, or as seen from a user namespace.
_NO_LOGIN = 2**32 - 1


class Account(Struct, frozen=True):
    """The account of the operating system that runs us.

    ``uid`` is None on Windows. ``user`` is its name in the name service, ``uid:1000650000`` if it has
    none; never ``$LOGNAME``. In a user namespace (``user_namespace``) uid 0 need not be root.
    ``login`` is the uid that logged in, as Linux audits it, where it is another one: behind a ``sudo`` or ``su``.
    ``login_user`` is its name, None where it has none.
    """

    uid: int | None
    user: str
    user_namespace: bool
    login: int | None = None
    login_user: str | None = None


def observe_account() -> Account:
    """Return the account that runs this process."""
    if not hasattr(os, "getuid"):
        return Account(None, _clean(os.getlogin()) or "unknown", user_namespace=False)
    uid = os.getuid()
    login = login_uid()
    if login == uid:
        login = None
    return Account(
        uid,
        _name_of(uid) or f"uid:{uid}",
        in_user_namespace(),
        login,
        None if login is None else _name_of(login),
    )


def _name_of(uid: int) -> str | None:
    """Return the name of an account; None where it has none, or one that could pass for another or for a number."""
    try:
        import pwd

        name = pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError, OSError, ValueError, OverflowError):
        return None
    return name if name and name == _clean(name) and ":" not in name else None


def login_uid(path: str = "/proc/self/loginuid") -> int | None:
    """Return the uid that logged in, which ``sudo`` and ``su`` leave as it is; None where nobody did, or none is kept."""
    try:
        with open(path, "rb") as file:
            uid = int(file.read(32))
    except (OSError, ValueError):
        return None
    return uid if 0 <= uid < _NO_LOGIN else None


def knows(kind: str, name: str) -> bool:
    """Tell whether the name service has a ``user`` or a ``group`` of a name; True where it cannot be asked."""
    try:
        import grp
        import pwd
    except ImportError:
        return True
    try:
        if kind == "group":
            grp.getgrnam(name)
        elif not name.startswith("uid:"):
            pwd.getpwnam(name)
    except (KeyError, ValueError, UnicodeError):
        return False
    except OSError:
        return True
    return True


def groups_among(names: Iterable[str], account: Account) -> tuple[str, ...]:
    """Return which groups of the name service an account is in, sorted: the members of ``/etc/group``, LDAP, Active Directory.

    An account without a name is in none. Raises ``OSError`` where the name service does not answer.
    """
    try:
        import grp
        import pwd
    except ImportError:
        return ()
    try:
        entry = pwd.getpwuid(-1 if account.uid is None else account.uid)
    except (KeyError, OverflowError):
        return ()
    mine = set(os.getgrouplist(entry.pw_name, entry.pw_gid))
    found = []
    for name in sorted(set(names)):
        try:
            gid = grp.getgrnam(name).gr_gid
        except (KeyError, ValueError, UnicodeError):
            continue
        if gid in mine:
            found.append(name)
    return tuple(found)


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
