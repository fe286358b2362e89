"""`report`: what changed and who answers for it, and the technical documentation of a version, on paper."""

from __future__ import annotations

from shlex import quote
from typing import Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.paper_file import show_paper
from modelkeep.cli.views.papers import AnnexView, ReportView
from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError, UsageError
from modelkeep.local_path import local_path


@command("as_of")
def report(
    call: Call,
    ref: Annotated[
        str | None, Argument(metavar="[REF]", help="With --annex-iv: the version that is documented.")
    ] = None,
    since: Annotated[
        str | None, Option("--since", metavar="T", help="The beginning of the period: a time, a date or an age (90d).")
    ] = None,
    until: Annotated[str | None, Option("--until", metavar="T", help="The end of the period.")] = None,
    model: Annotated[str | None, Option("--model", metavar="NAME", help="Only this model.")] = None,
    verify: Annotated[bool, Option("--verify", help="Verify the log too, and say what was found.")] = False,
    annex_iv: Annotated[
        bool, Option("--annex-iv", help="The technical documentation of REF after Annex IV of the EU AI Act.")
    ] = False,
    output: Annotated[
        str | None,
        Option(
            "-o", "--output", metavar="FILE", help="Write it into this file: HTML if it is FILE.html, else Markdown."
        ),
    ] = None,
    force: Annotated[bool, Option("--force", help="Overwrite the file if it is there.")] = False,
) -> int:
    output = None if output in (None, "-") else local_path(output, "--output")
    if annex_iv:
        return _annex(call, ref, output, force=force, period=bool(since or until or model or verify))
    if ref is not None:
        message = f"a report is about a period, and '{printable(ref)}' is none"
        model_name = ref.partition("@")[0]
        raise UsageError(message, f"modelkeep report --model {quote(model_name)}        (or report REF --annex-iv)")
    if call.flags.as_of is not None:
        message = "a report is about a period: --until says when it ends"
        raise UsageError(message, f"modelkeep report --until {quote(call.flags.as_of)}")
    found = call.registry().report(since=since, until=until, model=model, verify=verify)
    view = ReportView(found)
    show_paper(call, view, output, force=force)
    return IntegrityError.exit_code if found.verified is not None and not found.verified.ok else 0


def _annex(call: Call, ref: str | None, output: str | None, *, force: bool, period: bool) -> int:
    if ref is None or period:
        message = (
            "--annex-iv documents one version, and takes no period" if ref is not None else "--annex-iv needs a version"
        )
        raise UsageError(message, f"modelkeep report {quote(ref or 'fraud@production')} --annex-iv")
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    view = AnnexView(registry.annex_iv(ref, as_of=moment))
    show_paper(call, view, output, force=force)
    return 0
