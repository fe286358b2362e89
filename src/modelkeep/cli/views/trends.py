"""The main metric of versions as a terminal shows it: a sparkline above a table, and two columns in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.cli.views.layout import text
from modelkeep.domain.answers.trends import Trend, TrendPoint
from modelkeep.domain.json_values import to_text
from modelkeep.rendering import six_digits
from modelkeep.rendering.trends import change_words, finite_values, trend_words

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_STYLES = {"better": "green", "worse": "red", "same": "dim"}
#: The columns of a main metric: its value, and the change against the version before.
VALUE, CHANGE = "metric", "change"


def trend_block(found: Trend | None) -> list[RenderableType]:
    """Return a metric over versions: its sparkline, from where to where it went, and the best; nothing for one value."""
    words = None if found is None else trend_words(found)
    if found is None or found.metric is None or words is None:
        return []
    from modelkeep.cli.views.renderables import Sparkline

    return [Sparkline(text(found.metric, "bold"), finite_values(found), text(words, "")), ""]


def value_cell(point: TrendPoint | None) -> Text:
    """Return the value of a version; one on other data than the column says so, and stands in brackets."""
    if point is not None and point.value is None and point.elsewhere:
        one, *others = point.elsewhere
        several = f"({1 + len(others)} values on other data)"
        where = "without data" if one.data is None else f"on {one.data}"
        return text(several if others else f"({six_digits(to_text(one.value))} {where})", "dim")
    return text(None if point is None or point.value is None else six_digits(to_text(point.value)), "")


def change_cell(point: TrendPoint | None) -> Text:
    """Return how the value changed against the version before, in the colour of better or worse."""
    words = change_words(point)
    return text(words or " ", "" if point is None else _STYLES.get(point.verdict or "", ""))
