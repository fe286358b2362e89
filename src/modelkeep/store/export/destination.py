"""The place that `get` writes to: what a destination means, what may be replaced there, and how an artifact is put there.

A draft stands beside the destination under a name that begins with ``.modelkeep-`` until it is whole,
checked and durable. One rename puts it in place.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from modelkeep.domain.manifest import Form
from modelkeep.domain.text import printable
from modelkeep.errors import Conflict, UsageError
from modelkeep.store.durable import exchange, make_directories, rename_new
from modelkeep.store.os_errors import explain_destination_errors

PREFIX = ".modelkeep-"
#: What an artifact's directory never holds, and what that means.
_NOT_REPLACED = ((".git", "a git work tree"), ("registry.db", "a registry"), (".modelkeep", "a registry"))


def draft_beside(target: str) -> str:
    """Return a new name beside a destination."""
    return os.path.join(os.path.dirname(target) or ".", f"{PREFIX}{os.urandom(8).hex()}")


def target_of(dest: str, form: Form, name: str) -> str:
    """Return the path that the artifact gets: ``dest``, or ``name`` in the directory that ``dest`` means.

    A destination that ends in ``/``, ``.`` or ``..`` is a directory, and is made where it is missing.
    """
    if not dest:
        message = "an empty destination"
        raise UsageError(message, "modelkeep get REF DEST")
    into = dest.endswith("/") or os.path.basename(dest) in {".", ".."}
    directory = dest.rstrip("/") or "/"
    if into:
        with explain_destination_errors(dest):
            try:
                make_directories(directory)
            except (FileExistsError, NotADirectoryError):
                message = f"'{printable(directory)}' is not a directory"
                raise Conflict(message, "leave out the / at the end, or name another place") from None
    return os.path.join(dest, name) if into or (form == "file" and os.path.isdir(dest)) else dest


def require_replaceable(target: str, form: Form, *, force: bool) -> None:
    """Raise ``Conflict`` where something at the destination must stay."""
    shown = printable(target)
    status = os.lstat(target)
    is_directory = stat.S_ISDIR(status.st_mode)
    if form == "tree" and _is_empty_directory(target):
        return
    if not force:
        message = f"'{shown}' exists and is something else"
        raise Conflict(message, "--force replaces it")
    if not (is_directory or stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        # Root could: a /dev/null that is a file harms every program of the machine.
        message = f"'{shown}' is a device, a pipe or a socket: it will not be replaced"
        raise Conflict(message, "name another destination, or - for standard output")
    if is_directory and form == "file":
        message = f"'{shown}' is a directory, and the artifact is a file"
        raise Conflict(message, "name another destination")
    if is_directory and (what := _holds_more(target)) is not None:
        message = f"'{shown}' {what}: it will not be replaced"
        raise Conflict(message, "name a directory of its own")


def _holds_more(directory: str) -> str | None:
    """Return why a directory must not be replaced: for where it is, or for what is in it."""
    real = os.path.realpath(directory)
    for what, place in (("the current directory", os.getcwd()), ("your home directory", os.path.expanduser("~"))):
        if os.path.commonpath([real, os.path.realpath(place)]) == real:
            return f"is, or holds, {what}"
    return next(
        (f"holds {what}" for name, what in _NOT_REPLACED if os.path.lexists(os.path.join(directory, name))), None
    )


def put_in_place(draft: str, target: str, form: Form, *, force: bool) -> None:
    """Rename a draft to its destination in one step: no other process sees half of it.

    With ``force`` what was there stands under the draft's name afterwards.
    """
    empty = form == "tree" and _is_empty_directory(target)
    if empty or not force:
        try:
            if empty:
                # A directory of `mktemp -d` is private, and stays so.
                os.chmod(draft, os.lstat(target).st_mode & 0o777)
                os.rename(draft, target)
            else:
                rename_new(draft, target)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise
            message = f"'{printable(target)}' was made by another process meanwhile"
            raise Conflict(message, "--force replaces it") from None
    elif form == "file" or not os.path.lexists(target):
        os.rename(draft, target)
    else:
        swap(draft, target)


def swap(draft: str, target: str) -> None:
    """Exchange two directories: in one step, or in three where the system cannot."""
    if not exchange(draft, target):
        swap_in_steps(draft, target)


def swap_in_steps(draft: str, target: str) -> None:
    """Exchange two directories with three renames; after an error the destination is what it was."""
    aside = draft + "-old"
    os.rename(target, aside)
    try:
        os.rename(draft, target)
    except BaseException:
        os.rename(aside, target)
        raise
    os.rename(aside, draft)


def remove(path: str) -> None:
    """Remove a file, a link or a directory with all it holds, if it exists; no link is followed."""
    import shutil

    with suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        elif os.path.lexists(path):
            os.unlink(path)


def _is_empty_directory(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path) and not os.listdir(path)
