"""`list` and `show`: what there is, and all that is known of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.usage import whole
from modelkeep.cli.views import reads, scalar_views
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from modelkeep.cli.views.tables import Tables

_MOST_ON_A_TERMINAL = 50


@command(past=True)
def list_(
    call: Call,
    pattern: Annotated[
        str | None, typer.Argument(metavar="[NAME|PATTERN]", help="A model, or a glob over the names: risk/*")
    ] = None,
    stage: Annotated[
        str | None, typer.Option("--stage", metavar="STAGE", help="Only the versions in this stage.")
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option("--sort", metavar="KEY[:desc]", help="Sort versions by a column or by metric.K, param.K, tag.K."),
    ] = None,
    limit: Annotated[
        str | None,
        typer.Option("--limit", metavar="N", help="At most N rows; 50 on a terminal, all otherwise, by default."),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Archived and deleted versions too.")] = False,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="K,K...", help="The columns of versions, separated by commas."),
    ] = None,
) -> None:
    """List models or versions."""
    keys = tuple(key.strip() for key in columns.split(",")) if columns else ()
    for key in keys:
        reads.check_column(key)
    if pattern is not None and "@" in pattern:
        message = f"list takes a model or a pattern, not a version: '{printable(pattern)}'"
        raise UsageError(message, printable(f"modelkeep show {pattern}"))
    said = whole(limit, "--limit")
    seen = call.format == "table" and not call.flags.quiet
    cut = said or (_MOST_ON_A_TERMINAL + 1 if seen else None)
    most = said or (_MOST_ON_A_TERMINAL if seen else None)
    registry = call.registry()
    glob = pattern is not None and any(each in pattern for each in "*?[")
    past = call.flags.as_of
    if (pattern is None or glob) and not (stage or sort or keys):
        models = registry.models(pattern, all=all_, limit=cut, as_of=past)
        more = len(models) > len(models[:most])
        call.show(
            reads.models(models[:most], registry.as_of(past)),
            lambda to: to.models(models[:most], [each.name for each in registry.stages()], cut=more),
        )
    else:
        rows = registry.versions(
            None if glob else pattern,
            pattern=pattern if glob else None,
            stage=stage,
            sort=sort,
            limit=cut,
            all=all_,
            as_of=past,
        )
        call.show(reads.versions(rows[:most], registry.as_of(past), keys), lambda to: to.versions(rows[:most], keys))
        more = len(rows) > len(rows[:most])
    if more:
        call.say(f"only the first {most} are shown; --limit N shows more")


@command(past=True)
def show(
    call: Call,
    ref: Annotated[str, typer.Argument(metavar="NAME|REF", help="The model, or a version: fraud@production.")],
    field: Annotated[
        str | None,
        typer.Option("--field", metavar="F", help="Only this field: one of the JSON's, metric.K, param.K or tag.K."),
    ] = None,
) -> None:
    """Show a model or a version."""
    registry, past = call.registry(), call.flags.as_of
    moment = registry.as_of(past)
    if registry.is_bare(ref):
        model = registry.model(ref, as_of=past)
        page, table = reads.model(model, moment), _drawing("model", model)
    else:
        version = registry.version(ref, as_of=past)
        page, table = reads.version(version, moment), _drawing("version", version)
    if field is None:
        call.show(page, table)
    else:
        call.show(scalar_views.field(page.ids[0], page.document, field))


def _drawing(name: str, value: object) -> Callable[[Tables], RenderableType]:
    return lambda to: getattr(to, name)(value)


COMMANDS = {"list": list_, "show": show}
