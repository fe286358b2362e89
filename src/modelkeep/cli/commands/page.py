"""`page`: the registry as one file of HTML for people who have no terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

from typer import Option

from modelkeep.cli import streams
from modelkeep.cli.call import Call, command
from modelkeep.cli.progress import progress
from modelkeep.cli.views.page import PageView
from modelkeep.domain.text import printable
from modelkeep.errors import PartlyDone, RegistryUnavailable, UsageError
from modelkeep.local_path import local_path
from modelkeep.papers.paper_file import require_writable, write_paper


@command("as_of", "progress")
def page(
    call: Call,
    output: Annotated[
        str | None,
        Option("-o", "--output", metavar="FILE", help="Write the page into this file; - is standard output."),
    ] = None,
    open_it: Annotated[
        bool, Option("--open", help="Show it in the browser; without -o the file is a temporary one.")
    ] = False,
    title: Annotated[str, Option("--title", metavar="TEXT", help="What the page is called.")] = "Model registry",
    force: Annotated[bool, Option("--force", help="Overwrite the file if it is there.")] = False,
) -> None:
    to_stdout = not open_it if output is None else output == "-"
    if to_stdout:
        _check_stdout(call, open_it=open_it)
    elif output is not None:
        output = local_path(output, "--output")
        require_writable(output, force=force)  # before a large registry is read
    registry = call.registry()
    parts = registry.page(title=title, as_of=registry.as_of(call.flags.as_of))
    if to_stdout:
        for part in parts:
            streams.out(part, utf8=True)
        return
    is_temporary, output = output is None, _private_file() if output is None else output
    with progress(call, "writing") as update:
        write_paper(output, _encoded(parts, update), force=force)
    if open_it:
        _show(output)
    note = "the page stays there, a copy of the registry's records, until you remove it"
    call.show(PageView(output, os.stat(output).st_size), *([note] if is_temporary else []))


def _check_stdout(call: Call, *, open_it: bool) -> None:
    hint = "modelkeep page -o registry.html        (or modelkeep page --open)"
    if open_it:
        message = "a browser cannot read standard output"
    elif call.format == "json":
        message = "standard output cannot carry both the page and a document"
    elif sys.stdout is None or streams.is_terminal(sys.stdout):
        message = "the page is HTML, which would be printed on the terminal"
    else:
        return
    raise UsageError(message, hint)


def _encoded(parts: Iterable[str], update: Callable[[int, int], None] | None) -> Iterator[bytes]:
    """Yield the parts of the page as bytes, and tell how many there are so far."""
    size = 0
    for part in parts:
        data = part.encode()
        size += len(data)
        if update is not None:
            update(size, 0)
        yield data


def _private_file() -> str:
    """Return the path of a new file in a new directory that no other account can read or rename in."""
    import tempfile

    try:
        return os.path.join(tempfile.mkdtemp(prefix="modelkeep-page-"), "registry.html")
    except OSError as error:
        message = f"cannot make a temporary directory: {error.strerror or error}"
        raise RegistryUnavailable(message, "modelkeep page --open -o FILE") from error


def _show(path: str) -> None:
    import webbrowser
    from pathlib import Path

    try:
        shown = webbrowser.open(Path(path).absolute().as_uri())
    except (OSError, webbrowser.Error):
        shown = False
    if not shown:
        message = f"the page is {printable(path)}, and there is no browser to show it"
        raise PartlyDone(message, "BROWSER=firefox modelkeep page --open        (names one)")
