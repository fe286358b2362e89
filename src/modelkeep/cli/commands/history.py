"""`history` and `audit`: the tenures of stages and the entries of the log."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.name_selector import stage_second
from modelkeep.cli.nothing_found import no_entries, no_tenures
from modelkeep.cli.row_limit import ON_A_TERMINAL, RowLimit
from modelkeep.cli.views.history import Bounds, EntriesView, TenuresView
from modelkeep.domain.times import AtSeq, parse_moment

Since = Annotated[
    str | None, Option("--since", metavar="T", help="Only entries since then: a time, a date or an age (7d).")
]
Until = Annotated[str | None, Option("--until", metavar="T", help="Only entries until then.")]


@command()
def audit(
    call: Call,
    ref: Annotated[str | None, Argument(metavar="[NAME|REF]", help="Only entries about this model or version.")] = None,
    since: Since = None,
    until: Until = None,
    actor: Annotated[
        str | None,
        Option(
            "--actor",
            metavar="A",
            help="Only entries of this account, also behind sudo, claimed name or author: ana, 'Ana Lima', ana@example.org.",
        ),
    ] = None,
    action: Annotated[
        str | None, Option("--action", metavar="ACTION", help="Only these actions: register, promote, rollback ...")
    ] = None,
    limit: Annotated[str | None, Option("--limit", metavar="N", help="Only the newest N.")] = None,
    reverse: Annotated[bool, Option("--reverse", help="Newest first.")] = False,
) -> None:
    newest = RowLimit(call, limit)
    registry = call.registry()
    pages = registry.audit_pages(
        ref,
        since=since,
        until=until,
        actor=actor,
        action=action,
        limit=newest.read,
        reverse=reverse or call.has_table,
    )
    first = next(pages)
    if first and not call.has_table:
        call.show_pages(EntriesView(page) for page in chain([first], pages))
        return
    entries, note = newest.first([entry for page in chain([first], pages) for entry in page], "newest")
    nothing = partial(no_entries, registry, ref, actor, action, bounded=bool(since or until))
    call.show(EntriesView(entries if reverse else entries[::-1]), *note, nothing=None if entries else nothing)


@command("as_of")
def history(
    call: Call,
    name: Annotated[
        str | None, Argument(metavar="[NAME]", help="The model; production of all models by default.")
    ] = None,
    stage: Annotated[str | None, Argument(metavar="[STAGE]", help="The stage; all stages by default.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[str | None, Option("--limit", metavar="N", help="Only the newest N.")] = None,
) -> None:
    newest, registry = RowLimit(call, limit), call.registry()
    moment = registry.as_of(call.flags.as_of)
    # The bars need the older ones too: one of them may have held a stage when the first that is shown began.
    read = None if call.has_table else newest.read
    with stage_second(call, "history", name, stage):
        found = registry.history(name, stage, since=since, until=until, limit=read, as_of=moment)
    shown, note = newest.first(found[::-1][: newest.read], "newest")
    tenures = shown[::-1]
    nothing = None if tenures else partial(no_tenures, name, stage, bounded=bool(since or until))
    trend = None
    if call.has_table and name is not None and tenures:
        refs = dict.fromkeys(
            ref for each in reversed(tenures) for ref in (each.ref, each.began.other) if ref is not None
        )
        by_number = sorted(list(refs)[:ON_A_TERMINAL], key=lambda ref: int(ref.rpartition("@")[2]))
        trend = registry.trend(by_number, as_of=moment)
    bounds = _bounds(since, until) if call.has_table else None
    if bounds is not None and len(tenures) < len(found):
        bounds = Bounds(max(bounds.since or "", tenures[0].since), bounds.until)
    call.show(TenuresView(moment, tenures, stage, trend, bounds, found), *note, nothing=nothing)


def _bounds(since: str | None, until: str | None) -> Bounds | None:
    """Return the times of the bounds, which are understood already; None where one names an entry."""
    now = datetime.now().astimezone()
    times: list[str | None] = []
    for text, end in ((since, False), (until, True)):
        found = None if text is None else parse_moment(text, now=now, zone=now.tzinfo or UTC, bare_date_end=end)
        if isinstance(found, AtSeq):
            return None
        times.append(None if found is None else found.time)
    return Bounds(*times)
