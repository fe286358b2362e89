"""`list` and `show`: models and versions as rows, and all that is known of one."""

from __future__ import annotations

from typing import Annotated

import typer

from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.row_limit import RowLimit
from modelkeep.cli.views.interface import View
from modelkeep.cli.views.lists import ModelsView, VersionsView, check_column
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError


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
        check_column(key)
    if pattern is not None and "@" in pattern:
        message = f"list takes a model or a pattern, not a version: '{printable(pattern)}'"
        raise UsageError(message, printable(f"modelkeep show {pattern}"))
    rows, registry, moment = RowLimit(call, limit), call.registry(), call.flags.as_of
    is_glob = pattern is not None and any(each in pattern for each in "*?[")
    if (pattern is None or is_glob) and not (stage or sort or keys):
        models, more = rows.first(registry.models(pattern, all=all_, limit=rows.read, as_of=moment))
        stages = [each.name for each in registry.stages()] if call.has_table else ()
        call.show(ModelsView(models, registry.as_of(moment), stages, more))
        return
    found = registry.versions(
        None if is_glob else pattern,
        pattern=pattern if is_glob else None,
        stage=stage,
        sort=sort,
        limit=rows.read,
        all=all_,
        as_of=moment,
    )
    versions, more = rows.first(found)
    call.show(VersionsView(versions, registry.as_of(moment), keys, more))


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
    registry, moment = call.registry(), call.flags.as_of
    as_of = registry.as_of(moment)
    view: View
    if registry.is_bare(ref):
        from modelkeep.cli.views.model import ModelView

        view = ModelView(registry.model(ref, as_of=moment), as_of)
    else:
        from modelkeep.cli.views.version import VersionView

        view = VersionView(registry.version(ref, as_of=moment), as_of)
    if field is not None:
        from modelkeep.cli.views.fields import FieldView

        view = FieldView(next(iter(view.identifiers())), view.document(), field)
    call.show(view)


COMMANDS = {"list": list_, "show": show}
