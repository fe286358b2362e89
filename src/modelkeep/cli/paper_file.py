"""The file that a paper is written to: ``report -o``, ``card -o``, ``bom -o``, ``page -o``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from modelkeep.domain.text import printable
from modelkeep.errors import Conflict, UsageError

if TYPE_CHECKING:
    from modelkeep.cli.call import Call
    from modelkeep.cli.views.papers import PaperView


def require_free(path: str) -> None:
    """Raise ``Conflict`` where something is there."""
    if os.path.lexists(path):
        message = f"{printable(path)} is there already"
        raise Conflict(message, "--force overwrites it; -o FILE writes to another place")


def write_page(path: str, page: str | Iterable[bytes], *, force: bool) -> str:
    """Write a page, or its parts, and return its path; ``Conflict`` where something is there, unless it is overwritten.

    A link in its place is not followed: who made it would choose the file.
    """
    if not force:
        require_free(path)
    try:
        with open(path, "wb" if force else "xb", opener=_without_links) as file:
            try:
                file.writelines([page.encode()] if isinstance(page, str) else page)
                file.flush()
            except BaseException:
                if not force:
                    _remove(path, file.fileno())
                raise
    except (OSError, ValueError) as error:
        message = f"cannot write {printable(path)}: {getattr(error, 'strerror', None) or error}"
        raise UsageError(message, "-o FILE names another place") from error
    return path


def show_paper(call: Call, view: PaperView, output: str | None, *, force: bool) -> None:
    """Print a paper, or write it to the file that was named and print its path."""
    call.show(view if output is None else replace(view, file=write_page(output, view.page, force=force)))


def _remove(path: str, descriptor: int) -> None:
    """Remove what was begun under a new name, unless another file stands there by now."""
    with suppress(OSError):
        if os.path.samestat(os.lstat(path), os.fstat(descriptor)):
            os.unlink(path)


def _without_links(path: str, flags: int) -> int:
    """Open a file to write it; a pipe that no program reads is an error."""
    descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)
    os.set_blocking(descriptor, True)
    return descriptor
