"""`data add`, `data list` and `data show`: datasets as things of their own."""

from __future__ import annotations

import sys
from typing import Annotated

from typer import Argument, Option

from modelkeep.cli import streams
from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES
from modelkeep.cli.views.changes import ChangeView
from modelkeep.cli.views.datasets import DatasetsView, DatasetView
from modelkeep.domain.text import printable, printable_lines
from modelkeep.errors import UsageError


@command(*CHANGES, answers=("change",))
def data_add(
    call: Call,
    name: Annotated[str, Argument(metavar="DATASET", help="What it is called: transactions@2026-02.")],
    source: Annotated[
        str | None,
        Argument(
            metavar="PATH|URI",
            help="A file or directory, which is hashed; a URI; an x.dvc, whose MD5 is taken; or a feature_store.yaml.",
        ),
    ] = None,
    schema: Annotated[
        str | None, Option("--schema", metavar="FILE", help="A file with its schema, which is kept: at most 1 MiB.")
    ] = None,
    rows: Annotated[int | None, Option("--rows", metavar="N", help="How many rows it has.", min=0)] = None,
    parent: Annotated[
        list[str] | None,
        Option("--parent", metavar="DATA", help="A dataset that it was made from: raw@2026-02."),
    ] = None,
) -> None:
    """Record a version of a dataset."""
    found = call.registry().add_dataset(
        name, source, schema=schema, rows=rows, parents=parent or (), **call.change_flags
    )
    call.show(ChangeView(found))


@command("as_of")
def data_list(
    call: Call,
    pattern: Annotated[
        str | None, Argument(metavar="DATASETS", help="A name or a pattern: transactions, 'risk/*'; else all.")
    ] = None,
) -> None:
    """List datasets."""
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    found = registry.datasets(pattern, as_of=moment)
    why = "no dataset is recorded or named" if pattern is None else f"no dataset matches '{printable(pattern)}'"
    call.show(DatasetsView(moment, found), nothing=None if found else lambda: why)


@command("as_of")
def data_show(
    call: Call,
    name: Annotated[
        str, Argument(metavar="DATASET", help="NAME@VERSION: transactions@2026-02; a name alone is its newest version.")
    ],
    print_schema: Annotated[
        bool, Option("--print-schema", help="Print the document with its schema, and nothing else.")
    ] = False,
) -> None:
    """Show what is known of a dataset."""
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    if not print_schema:
        call.show(DatasetView(registry.dataset(name, as_of=moment), moment))
        return
    if call.format == "json":
        message = "--print-schema prints the document as it is, and --json another one"
        raise UsageError(message, "leave out one of them")
    data = registry.dataset_schema(name, as_of=moment)
    if streams.is_terminal(sys.stdout):
        streams.out(printable_lines(data.decode("utf-8", "replace")))
    else:
        streams.BinaryStdout().write(data)
