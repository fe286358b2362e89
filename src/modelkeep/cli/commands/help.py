"""`help`: the text of a topic; of a command it is its ``--help`` (`cli.app`)."""

from __future__ import annotations

from typing import Annotated

from typer import Argument

from modelkeep.cli import topics
from modelkeep.cli.call import Call, command
from modelkeep.cli.views.help import HelpView


@command()
def help_(
    call: Call,
    topic: Annotated[str, Argument(metavar="TOPIC", help=f"{topics.listed(topics.names())}.")],
    name: Annotated[
        str | None, Argument(metavar="[SCHEMA]", help="Behind schema: the schema to print, as version.")
    ] = None,
) -> None:
    call.show(HelpView(topic, topics.text(topic, name)))
