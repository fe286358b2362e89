"""Values as people read them: sizes, ages, numbers, counts and sentences. Pure, shared by the command line and the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple

from modelkeep.domain.json_values import to_text
from modelkeep.domain.metrics import MetricKey
from modelkeep.domain.numbers import as_number
from modelkeep.domain.times import parse_stored

if TYPE_CHECKING:
    from modelkeep.domain.answers.changes import RuleFinding, Verdict
    from modelkeep.domain.answers.inspections import Inspection
    from modelkeep.domain.answers.maintenance import Verification
    from modelkeep.domain.answers.versions import Tenure, TenureChange
    from modelkeep.domain.policy.results import RuleResult

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
#: From here on one decimal would be rounded up to 1000.0, so the next unit is taken.
_NEXT_UNIT = 999.95
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Metrics on a terminal: how many digits, from which power of ten without exponent, and how many before the point.
_DIGITS, _LEAST_PLAIN, _MOST_WHOLE_DIGITS = 6, -5, 15
#: A double has no more digits than these.
_MOST_DIGITS = 17
#: What rules found stands in columns that are no wider than this.
_WIDEST_VALUE = 40


def human_size(size_bytes: int) -> str:
    """Return a size in the largest unit that it fills, with one decimal: ``812 B``, ``3.2 MB``."""
    value, unit = float(size_bytes), 0
    while value >= _NEXT_UNIT and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{size_bytes} B"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number and its noun: ``1 version``, ``2 versions``."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def files(number: int) -> str:
    """Return a number of files: ``1 file``, ``14 files``."""
    return counted(number, "file")


def human_count(number: int) -> str:
    """Return a number in thousands, millions or billions where it is large: ``812``, ``6.7B``."""
    value = float(number)
    for unit in ("", "k", "M", "B"):
        if value < _NEXT_UNIT:
            return f"{value:.1f}".removesuffix(".0") + unit
        value /= 1000
    return f"{value:.1f}".removesuffix(".0") + "T"


def format_words(found: Inspection) -> str:
    """Return what a version is in short: ``safetensors (6.7B parameters)``."""
    name = found.format or ", ".join(found.formats) or "no known format"
    return name if not found.parameters else f"{name} ({human_count(found.parameters)} parameters)"


def human_age(delta: timedelta) -> str:
    """Return a length of time in the largest whole unit: ``40s``, ``5m``, ``2h``, ``12d``."""
    seconds = max(0, int(delta.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < _DAY:
        return f"{seconds // _HOUR}h"
    return f"{seconds // _DAY}d"


class Clock(NamedTuple):
    """The moment at which an answer is read, and the zone of its reader; None is the zone of this machine.

    Ages are those at the moment that the answer is about: ``at``, where that is not now.
    """

    now: datetime
    zone: tzinfo | None = None
    at: datetime | None = None

    def ago(self, time: str) -> str:
        """Return how long ago a time of the log was: ``12d``."""
        return human_age((self.at or self.now) - parse_stored(time))

    def lasted(self, since: str, until: str | None) -> str:
        """Return how long an interval lasted; one without an end has lasted until then."""
        return human_age(((self.at or self.now) if until is None else parse_stored(until)) - parse_stored(since))

    def second(self, time: str) -> str:
        """Return a time of the log in the reader's zone, to the second: ``2026-11-23 10:12:44``."""
        return parse_stored(time).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def day(self, time: str) -> str:
        """Return the day of a time of the log in the reader's zone: ``Mon 2026-11-23``, with ``today`` or ``yesterday``."""
        moment = parse_stored(time).astimezone(self.zone)
        ago = (self.now.astimezone(self.zone).date() - moment.date()).days
        word = {0: " (today)", 1: " (yesterday)"}.get(ago, "")
        return f"{_WEEKDAYS[moment.weekday()]} {moment:%Y-%m-%d}{word}"

    def time_of_day(self, time: str) -> str:
        """Return a time of the log in the reader's zone without its day: ``10:12:44``."""
        return parse_stored(time).astimezone(self.zone).strftime("%H:%M:%S")

    def minute(self, time: str) -> str:
        """Return a time of the log in the reader's zone: ``Nov 11 13:00``, in another year ``2025-11-11``."""
        moment = parse_stored(time).astimezone(self.zone)
        this_year = moment.year == self.now.astimezone(self.zone).year
        return moment.strftime("%b %d %H:%M" if this_year else "%Y-%m-%d")


def six_digits(value: str, digits: int = _DIGITS) -> str:
    """Return a metric's value as people read it, rounded to six significant digits: ``0.938765``, ``-12``, ``+3.1e-5``.

    Rounding leaves no zeros at the end: ``0.8200000000000001`` is ``0.82``. A value that has no more digits is left as it
    is, and so is one that is no number. No digit before the point is rounded away as long as there are at most fifteen
    of them.
    """
    number = as_number(value.removeprefix("+"))
    if number is None or len(value) <= digits:
        return value
    there, whole = len(number.as_tuple().digits), number.adjusted()
    if there <= digits or (whole >= there - 1 and whole < _MOST_WHOLE_DIGITS):
        return value
    plus = "+" if value.startswith("+") else ""
    if not _LEAST_PLAIN <= whole < _MOST_WHOLE_DIGITS:
        rounded, e, exponent = f"{number:.{digits - 1}e}".partition("e")
    else:
        rounded, e, exponent = f"{number:.{max(digits - 1 - whole, 0)}f}", "", ""
    return f"{plus}{rounded.rstrip('0').rstrip('.') if '.' in rounded else rounded}{e}{exponent}"


def told_apart(values: Sequence[str | None]) -> list[str | None]:
    """Return numbers of one row with six digits, or with as many more as tell apart those that differ."""
    for digits in range(_DIGITS, _MOST_DIGITS):
        rounded = [each and six_digits(each, digits) for each in values]
        if len(set(rounded)) == len(set(values)):
            return rounded
    return list(values)


def visible(text: str) -> str:
    """Return a text that a user gave, the empty one as ``""``: ``-`` means that there is none."""
    return text or '""'


def signed(value: float | str | None) -> str | None:
    """Return a difference with its sign: ``+0.007``, ``-12``, ``0``."""
    if value is None:
        return None
    text = to_text(value)
    return text if text == "0" or text.startswith("-") else f"+{text}"


def verdict(found: Verdict) -> str:
    """Return a metric beside that of the version in production: ``auc 0.914 (+0.007 better than production, fraud@3)``."""
    measured = f"{MetricKey(found.metric, found.data)} {six_digits(to_text(found.value))}"
    if found.against is None or found.other is None:
        return measured
    holder = f"{found.stage}, {found.against}"
    if found.difference is not None:
        beside = f"{found.verdict} than" if found.verdict in ("better", "worse") else "against"
        return f"{measured} ({six_digits(signed(found.difference) or '')} {beside} {holder})"
    return f"{measured} ({six_digits(to_text(found.other))} in {holder})"


def beginning(tenure: Tenure) -> str:
    """Return why or how a tenure began: ``"march data"``, ``promoted``, ``rollback from fraud@4``."""
    began = tenure.began
    glass = f"; {broken_glass(tenure.waived)}" if tenure.waived else ""
    if began.what == "rolled_back":
        return f"rollback from {began.other}" if began.other else "rollback"
    if began.what == "promoted" and began.reason:
        return f'"{began.reason}"{glass}'
    return f"{_with_reason(began.what, began)}{glass}"


def broken_glass(waived: int) -> str:
    """Return that the glass was broken, and how many rules of the policy that waived: ``BREAK-GLASS, 2 rules waived``."""
    return f"BREAK-GLASS, {counted(waived, 'rule')} waived"


def glass_warning(ref: str, stage: str) -> str:
    """Return the warning about a version that holds a stage because the glass was broken."""
    return f"warning: {ref} is in {stage} by breaking the glass, against rules of the policy"


def ending(tenure: Tenure) -> str | None:
    """Return how and why a tenure ended: ``replaced by fraud@4``, ``retired by ana: "merged"``; None while it lasts."""
    ended = tenure.ended
    if ended is None:
        return None
    if ended.what == "replaced":
        return f"replaced by {ended.other}"
    if ended.what == "promoted":
        return "got the whole stage"
    if ended.what == "share_changed":
        return "share changed"
    # Who rolled back stands in the row of the version that came back.
    by = "" if ended.what == "rolled_back" else f" by {ended.actor}"
    return _with_reason(f"{ended.what.replace('_', ' ')}{by}", ended)


def _with_reason(what: str, change: TenureChange) -> str:
    return f'{what}: "{change.reason}"' if change.reason else what


def verification(found: Verification) -> str:
    """Return what was checked and how many findings there are: ``ok: 12 entries, 3 versions, ...``.

    The log or the stored bytes are left out where they were not checked.
    """
    checked = [counted(found.entries, "entry", "entries")] if found.entries else []
    if found.versions or not found.entries:
        checked += [
            counted(found.versions, "version"),
            counted(found.blobs, "stored file"),
            human_size(found.size_bytes),
        ]
    limits = [
        *([f"part {found.subset}"] if found.subset else []),
        *(["no replay"] if found.quick and found.entries else []),
        *(["sizes only"] if found.quick and found.blobs else []),
    ]
    counts = [
        counted(number, word) for number, word in ((found.errors, "error"), (found.warnings, "warning")) if number
    ]
    if found.repaired:
        counts.append(f"{found.repaired} {'to be repaired' if found.dry_run else 'repaired'}")
    limited = f" ({', '.join(limits)})" if limits else ""
    return f"{'ok' if found.ok else 'NOT ok'}: {', '.join(checked)}{limited}{': ' if counts else ''}{', '.join(counts)}"


def rule_word(found: RuleFinding) -> str:
    """Return whether a rule of the policy ``holds``, ``fails``, only ``warns``, or would fail and was ``waived``."""
    if found.passed:
        return "holds"
    return "waived" if found.waived else "warns" if found.warn else "fails"


def finding_words(found: RuleFinding | RuleResult) -> str:
    """Return what a rule found, as a sentence: ``description: missing, should be there``."""
    waived = " (waived)" if found.waived else ""
    return f"{found.rule}: {found.value}, {'should' if found.warn else 'must'} be {found.bound}{waived}"


def rule_lines(found: Sequence[RuleFinding]) -> list[str]:
    """Return rules below each other: ``fails   metric auc min   0.88   must be >= 0.9``."""
    rule = max((len(each.rule) for each in found), default=0)
    value = min(max((len(each.value) for each in found), default=0), _WIDEST_VALUE)
    return [f"{rule_word(each):<6}  {each.rule:<{rule}}  {each.value:<{value}}  must be {each.bound}" for each in found]


def two_columns(rows: Iterable[tuple[str, str]], width: int) -> str:
    """Return names and their meanings in two columns; a name that is too wide for the first has a line of its own."""
    from textwrap import wrap

    rows = list(rows)
    column = min(max((len(first) for first, _ in rows), default=0), max(12, width // 3))
    lines = []
    for first, second in rows:
        text = wrap(second, max(20, width - column - 4), break_on_hyphens=False) or [""]
        if len(first) <= column:
            lines.append(f"  {first:<{column}}  {text[0]}".rstrip())
            text = text[1:]
        else:
            lines.append(f"  {first}")
        lines.extend(f"{'':<{column + 4}}{line}" for line in text)
    return "".join(f"{line}\n" for line in lines)
