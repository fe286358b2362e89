"""`card` and `bom`: papers about one version that people and other tools read."""

from __future__ import annotations

import os
import stat
from typing import Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.paper_file import show_paper
from modelkeep.cli.views.papers import BomView, CardView, TemplateView
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.local_path import local_path

_LARGEST_TEMPLATE = 1 << 20

OUTPUT = Option("-o", "--output", metavar="FILE", help="Write it into this file.")
CARD_OUTPUT = Option(
    "-o", "--output", metavar="FILE", help="Write it into this file: HTML if it is FILE.html, else Markdown."
)
FORCE = Option("--force", help="Overwrite the file if it is there.")


@command("as_of")
def card(
    call: Call,
    ref: Annotated[
        str | None, Argument(metavar="[REF]", help="The version; a name alone is its latest version.")
    ] = None,
    template: Annotated[
        str | None, Option("--template", metavar="FILE", help="A template of your own, with parts as {{metrics}}.")
    ] = None,
    print_template: Annotated[
        bool, Option("--print-template", help="Print the built-in template, to begin one of your own.")
    ] = False,
    output: Annotated[str | None, CARD_OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    output = None if output in (None, "-") else local_path(output, "--output")
    if print_template:
        if ref is not None or template is not None or output is not None:
            message = "--print-template prints the built-in template, and takes no version and no file"
            raise UsageError(message, "modelkeep card --print-template > MODEL_CARD.md")
        from modelkeep.papers.card_template import built_in

        call.show(TemplateView(built_in()))
        return
    if ref is None:
        message = "card needs a version"
        raise UsageError(message, "modelkeep card fraud@production")
    text = None if template is None else _template(local_path(template, "--template"))
    registry = call.registry()
    view = CardView(registry.card(ref, template=text, as_of=registry.as_of(call.flags.as_of)))
    show_paper(call, view, output, force=force)


@command("as_of")
def bom(
    call: Call,
    ref: Annotated[str, Argument(metavar="REF", help="The version; a name alone is its latest version.")],
    output: Annotated[str | None, OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    output = None if output in (None, "-") else local_path(output, "--output")
    registry = call.registry()
    view = BomView(registry.bom(ref, as_of=registry.as_of(call.flags.as_of)))
    show_paper(call, view, output, force=force)


def _no_pipe(path: str) -> str:
    """Return a path; ``UsageError`` for a named pipe, which might never be written into. One of the shell is read."""
    if stat.S_ISFIFO(os.stat(path).st_mode) and not path.startswith("/dev/"):
        message = f"{printable(path)} is a pipe, and no template"
        raise UsageError(message)
    return path


def _template(path: str) -> str:
    """Return the text of a template; ``UsageError`` where it cannot be read as one."""
    try:
        with open(_no_pipe(path), "rb") as file:
            data = file.read(_LARGEST_TEMPLATE + 1)
        if len(data) > _LARGEST_TEMPLATE:
            message = f"{printable(path)} has more than {_LARGEST_TEMPLATE} bytes, and is no template"
            raise UsageError(message)
        return data.decode()
    except (OSError, ValueError) as error:
        message = f"cannot read the template {printable(path)}: {getattr(error, 'strerror', None) or error}"
        raise UsageError(message, "modelkeep card --print-template > MODEL_CARD.md") from error
