"""`signals`: what monitoring said of versions, and what is still open."""

from __future__ import annotations

from modelkeep.context import Context
from modelkeep.domain.answers.serving import SignalRow
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.numbers import metric_value
from modelkeep.domain.times import AtSeq
from modelkeep.reads.references import version_or_model
from modelkeep.reads.snapshot import parse_local_moment, snapshot
from modelkeep.store.db.interface import Reader, Row, Value
from modelkeep.store.db.sql import moments
from modelkeep.store.db.sql import serving as select
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.statement import EVER


def signals(
    context: Context,
    name: str | None,
    moment: str | AsOf | None,
    *,
    open_only: bool,
    since: str | None,
    limit: int | None,
) -> tuple[SignalRow, ...]:
    """Return the newest signals, newest first: of all versions, a model's or one's; ``open_only``: those left open."""
    with snapshot(context, moment) as (reader, at):
        values: dict[str, Value] = {"after": 0, "last": at or EVER, "count": EVER if limit is None else limit}
        if since is not None:
            begin = parse_local_moment(context, since, bare_date_end=False)
            values["after"] = (
                begin.seq - 1 if isinstance(begin, AtSeq) else moments.last_entry(reader, begin, inclusive=False)
            )
        asked = select.OPEN_SIGNALS if open_only else select.SIGNALS
        about = None if name is None else version_or_model(reader, name, context.say, at)
        if about is not None and not open_only:
            asked = select.SIGNALS_OF_MODEL if about.number is None else select.SIGNALS_OF_VERSION
            values |= {"model": about.model} | ({} if about.number is None else {"version": about.number})
        if about is not None and open_only:  # few are open: they are found by that
            rows = asked.rows(reader, at, **(values | {"count": EVER}))
            rows = [row for row in rows if row[1] == about.model and about.number in (None, row[2])][:limit]
        else:
            rows = asked.rows(reader, at, **values)
        return tuple(_signal(reader, at, row) for row in rows)


def _signal(reader: Reader, at: int | None, row: Row) -> SignalRow:
    seq, model, version, signal, value, count, window, source, time, actor, item, closed, marked = row
    name = name_of(reader, at, model)
    return SignalRow(
        seq=seq,
        ref=f"{name}@{version}",
        name=name,
        version=version,
        signal=signal,
        value=metric_value(value),
        count=count,
        window_seconds=window,
        source=source,
        time=time,
        actor=actor,
        item=item,
        closed=closed if at is None or closed is None or closed <= at else None,
        left=tuple(stage for (stage,) in reader.rows(select.STAGES_LEFT, model=model, version=version, seq=seq)),
        marked_bad=bool(marked),
    )
