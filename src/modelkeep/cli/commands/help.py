"""`help`: the text of a topic; of a command it is its ``--help`` (`cli.app`)."""

from __future__ import annotations

import sys
from typing import Annotated

from typer import Argument

from modelkeep.cli import streams, topics
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
    text = topics.text(topic, name)
    if call.has_table and not text.startswith("{"):
        text = topics.fitted(text, streams.width(sys.stdout))
    call.show(HelpView(topic, text))
