"""Where hooks are configured: the user's config, and ``hooks.toml`` in the directory of a registry that the user trusts.

The file of a registry names programs that run as every account that changes the registry. It counts only for accounts
that trust the registry (`modelkeep config trust`), and only where no account but the registry's owner, root and the
account itself can have written it or put another registry in the place of this one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from shlex import quote
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from modelkeep import locate
from modelkeep.domain.stages import resolve_stage
from modelkeep.errors import UsageError
from modelkeep.hooks.hook import Hook, parse_hooks
from modelkeep.hooks.names import FILE
from modelkeep.owners import other_owner, our_uids
from modelkeep.store.access.rename_rights import others_may_rename
from modelkeep.store.db.sql.version_states import stages
from modelkeep.userdirs import config_file

if TYPE_CHECKING:
    from modelkeep.context import Context

_LARGEST_BYTES = 64 << 10


class HookFiles(Struct, frozen=True):
    """The hooks that run, in order.

    ``untrusted`` is the path of the registry's file where the user does not trust the registry, ``unusable`` why that
    file does not count.
    """

    hooks: tuple[Hook, ...]
    untrusted: str | None = None
    unusable: UsageError | None = None


def find_hooks(context: Context, configured: object) -> HookFiles:
    """Return the hooks of the user's config and then those of the registry; ``configured`` is the config's table.

    ``UsageError`` for a mistake in the config, or where the config belongs to another account, as under a ``sudo`` that
    keeps the home directory. The registry's file keeps no hook of the user from running.
    """
    directory, environ = context.directory, context.environ
    file, path = config_file(environ), os.path.join(directory, FILE)
    if configured and other_owner(file, environ) is not None:
        raise _refused(file, "it belongs to another account")
    hooks = parse_hooks(configured, file, os.path.dirname(file)) if configured else ()
    untrusted = unusable = None
    if os.path.lexists(path):
        if is_trusted(directory, environ):
            try:
                hooks += hooks_of_registry(directory, environ)
            except UsageError as error:
                unusable = error
        else:
            untrusted = path
    return HookFiles(_with_known_stages(context, hooks), untrusted, unusable)


def _with_known_stages(context: Context, hooks: tuple[Hook, ...]) -> tuple[Hook, ...]:
    """Return hooks whose stages have the names of this registry: ``prod`` is ``production``."""
    if not any(hook.stages for hook in hooks):
        return hooks
    with context.database.reading() as reader:
        known = stages(reader, None)
    named = {text: found.name for hook in hooks for text in hook.stages if (found := resolve_stage(text, known))}
    return tuple(replace(hook, stages=tuple(named.get(text, text) for text in hook.stages)) for hook in hooks)


def is_trusted(directory: str, environ: Mapping[str, str]) -> bool:
    """Tell whether the user's config trusts a registry, or the directory that holds its ``.modelkeep``."""
    file = config_file(environ)
    trusted = {locate.resolved(each) for each in locate.trusted(locate.read_toml(file), file, environ)}
    place = locate.resolved(directory)
    holder = {os.path.dirname(place)} if os.path.basename(place) == locate.HERE else set()
    return bool(trusted & {place, *holder})


def hooks_of_registry(directory: str, environ: Mapping[str, str]) -> tuple[Hook, ...]:
    """Return the hooks of a registry's own file, trusted or not."""
    import tomllib

    path = os.path.join(directory, FILE)
    try:
        found = tomllib.loads(_read(path, directory, environ).decode())
    except (ValueError, RecursionError) as error:
        message = f"{path} is not TOML: {error}"
        raise UsageError(message, "mend that line") from error
    for key in found:
        if key != "hooks":
            message = f"{path}: there is no setting '{key}'"
            raise UsageError(message, "[hooks.NAME]")
    # They run in /, for others may write in the registry's directory: what lies there could become a part of a program.
    return parse_hooks(found.get("hooks", {}), path, os.sep)


def _read(path: str, directory: str, environ: Mapping[str, str]) -> bytes:
    """Return what is in the file; ``UsageError`` where another account may have written it, or it is no small file."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):  # opening a device may do something
            raise _refused(path, "it is no regular file")
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(_LARGEST_BYTES + 1) if stat.S_ISREG(status.st_mode) else b""
        owner = os.stat(directory).st_uid
    except OSError as error:
        raise _refused(path, error.strerror or "it cannot be read") from error
    ours = our_uids(environ)
    if ours:
        if status.st_uid not in {*ours, owner}:
            raise _refused(path, "it belongs to another account")
        if status.st_mode & 0o022:
            raise _refused(path, "others may write it: chmod go-w")
        if (open_to_others := others_may_rename(os.path.dirname(locate.resolved(directory)), owner)) is not None:
            raise _refused(path, f"another account may rename in {open_to_others}, and so replace the registry")
    if len(data) > _LARGEST_BYTES or not stat.S_ISREG(status.st_mode):
        raise _refused(path, "it is larger than 64 KiB, or no file")
    return data


def _refused(path: str, why: str) -> UsageError:
    return UsageError(f"{path}: {why}", f"ls -l {quote(path)}")
