"""What `history` and `audit` print: the tenures of stages, and the entries of the log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from modelkeep.cli.views.interface import View, line, to_seconds
from modelkeep.cli.views.layout import facts, indented, stack, table, text
from modelkeep.cli.views.trends import CHANGE, VALUE, change_cell, trend_block, value_cell
from modelkeep.domain.answers.reports import AuditEntry
from modelkeep.domain.answers.trends import Trend
from modelkeep.domain.answers.versions import AsOf, Tenure
from modelkeep.domain.text import printable
from modelkeep.domain.times import format_time, parse_stored
from modelkeep.rendering import Clock, beginning, counted, ending

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

#: Bars tell nothing of fewer tenures.
_LEAST_BARS = 2
_MOST_LANES = 20
_WIDEST_ACTOR = 16


class Bounds(Struct, frozen=True):
    """The times between which a history was asked for; None: from the first tenure, until now."""

    since: str | None = None
    until: str | None = None


class TenuresView(View, frozen=True):
    """Which version held which stage when, as known now or at a moment.

    On a terminal they are bars on a time axis with ``bounds`` as well (None: no bars), and there is no column for the one
    ``stage`` that was asked for; ``trend`` is the main metric of their versions, where these are of one model. ``drawn`` are
    the tenures and those before them that were left out, of which the bars show what falls between the bounds.
    """

    undocumented = ("stage", "trend", "bounds", "drawn")
    as_of: AsOf | None
    tenures: Sequence[Tenure]
    stage: str | None = None
    trend: Trend | None = None
    bounds: Bounds | None = Bounds()
    drawn: Sequence[Tenure] = ()

    def lines(self) -> list[str]:
        return [
            line(
                row.ref,
                row.stage,
                to_seconds(row.since),
                to_seconds(row.until),
                row.began.actor,
                beginning(row),
                ending(row),
                None if row.share is None else f"{row.share:g}",
            )
            for row in self.tenures
        ]

    def identifiers(self) -> list[str]:
        return [row.ref for row in self.tenures]

    def table(self, clock: Clock) -> RenderableType:
        without = {"stage"} if self.stage else set[str]()
        rows = tenure_table(self.tenures, clock, without=without, trend=self.trend)
        lanes = [] if self.bounds is None else _lanes(self.drawn or self.tenures, self.bounds, clock)
        return stack(*trend_block(self.trend), *lanes, rows)


def _lanes(tenures: Sequence[Tenure], bounds: Bounds, clock: Clock) -> list[RenderableType]:
    """Return a line for each stage of each model, in which the versions follow each other in time.

    One tenure needs no line, and too many models get none. Versions that have a share of a stage have a line below that of the holders.
    """
    if bounds.since is not None:
        tenures = [each for each in tenures if each.until is None or each.until > bounds.since]
    if len(tenures) < _LEAST_BARS:
        return []
    from modelkeep.cli.views.renderables import Lanes
    from modelkeep.rendering.series import Interval

    names, stages = ({getattr(each, field) for each in tenures} for field in ("name", "stage"))
    present = clock.at or clock.now
    begin = min(parse_stored(each.since) for each in tenures) if bounds.since is None else parse_stored(bounds.since)
    end = present if bounds.until is None else min(parse_stored(bounds.until), present)
    lanes: dict[str, list[Interval]] = {}
    for each in tenures:
        parts = [
            *([each.name] if len(names) > 1 else []),
            *([each.stage] if len(stages) > 1 or len(names) == 1 else []),
        ]
        lane = " ".join([*parts, *(["share"] if each.share is not None else [])])
        left = end if each.until is None else min(parse_stored(each.until), end)
        lanes.setdefault(lane, []).append(Interval(parse_stored(each.since), left, str(each.version)))
    if len(lanes) > _MOST_LANES:
        return []
    last = clock.minute(format_time(end)) if end < present else "now" if clock.at is None else "then"
    ends = (clock.minute(format_time(begin)), last)
    rows = [(text(lane, "bold"), intervals) for lane, intervals in sorted(lanes.items())]
    return [Lanes(rows, begin, max(begin, end), ends), ""]


def tenure_table(
    tenures: Sequence[Tenure], clock: Clock, *, without: Collection[str], trend: Trend | None = None
) -> RenderableType:
    """Return tenures, a row each: by whom and why each began, how and why it ended; ``without`` some columns.

    The main metric of a version (``trend``) is set against that of the version whose place it took.
    """
    has_metric = trend is not None and trend.metric is not None
    points = {} if trend is None else {id(each): trend.against(each.began.other, each.ref) for each in tenures}
    beside = "version" if "stage" in without else "stage"

    def share(row: Tenure, column: str) -> str:
        return "" if row.share is None or column != beside else f" {row.share:g}%"

    cells: dict[str, Callable[[Tenure], object]] = {
        "version": lambda row: text(f"{row.ref}{share(row, 'version')}", "bold" if row.until is None else None),
        "stage": lambda row: text(row.stage) + text(share(row, "stage") or " ", ""),
        "since": lambda row: clock.minute(row.since),
        "until": lambda row: ("now" if clock.at is None else "then") if row.until is None else clock.minute(row.until),
        "for": lambda row: clock.lasted(row.since, row.until),
        VALUE: lambda row: value_cell(points.get(id(row))),
        CHANGE: lambda row: change_cell(points.get(id(row))),
        "by": lambda row: row.began.actor,
        "began": beginning,
        "ended": lambda row: ending(row) or " ",
    }
    if not has_metric:
        without = {*without, VALUE}
    if all(each is None or each.difference is None for each in points.values()):
        without = {*without, CHANGE}
    shown = {name: cell for name, cell in cells.items() if name not in without}
    listed = ([cell(row) for cell in shown.values()] for row in tenures)
    return table(
        tuple(shown),
        listed,
        fold=("began", "ended"),
        drop=("for", CHANGE, "by", VALUE, "until", "ended"),
        headings={} if trend is None or trend.metric is None else {VALUE: trend.metric},
    )


class EntriesView(View, frozen=True):
    """Entries of the log."""

    entries: Sequence[AuditEntry]

    @property
    def ends_newest(self) -> bool:
        """Whether the newest entry stands below the others."""
        return len(self.entries) > 1 and self.entries[0].seq < self.entries[-1].seq

    def lines(self) -> list[str]:
        return [
            line(row.seq, to_seconds(row.time), row.actor, row.action, row.subject, row.sentence)
            for row in self.entries
        ]

    def identifiers(self) -> list[str]:
        return [str(row.seq) for row in self.entries]

    def table(self, clock: Clock) -> RenderableType:
        """Return the entries below the days on which they were written."""
        longest = min(max((len(who(row)) for row in self.entries), default=0), _WIDEST_ACTOR)
        blocks: list[RenderableType] = []
        for day, rows in groupby(self.entries, lambda row: clock.day(row.time)):
            entries = list(rows)
            blocks += ["", text(day, "bold") + text(f"  {counted(len(entries), 'entry', 'entries')}", "dim")]
            blocks.append(
                indented(
                    facts(
                        (
                            text(clock.time_of_day(row.time), "dim") + text(f"  {who(row):<{longest}}", "bold"),
                            text(row.sentence, "") + text(f"  #{row.seq}", "dim"),
                        )
                        for row in entries
                    )
                )
            )
        return stack(*blocks[1:])


def who(row: AuditEntry) -> str:
    """Return the account that wrote an entry, with the one that logged in and the name it claims where these are others."""
    more = [*([f"logged in as {row.login}"] if row.login else []), *([f"claims {row.claimed}"] if row.claimed else [])]
    return printable(f"{row.actor} ({', '.join(more)})" if more else row.actor)


def entry_line(row: AuditEntry, clock: Clock) -> Text:
    """Return an entry of the log as a sentence with its time, actor and number."""
    head = text(clock.second(row.time), "dim") + text("  ", "") + text(who(row), "bold")
    return head + text(f"  {row.sentence}", "") + text(f"  #{row.seq}", "dim")
