"""Markdown that says exactly what it is given: no text of a user becomes a heading, a link, a cell, an emoji or HTML.

The source is CommonMark with the tables of GitHub. Every ASCII punctuation character that means something there may be
escaped by a backslash; control characters and marks that turn the direction of writing are shown as escapes. What GitHub
looks for in the finished page is the exception: it makes links of addresses of e-mail, ``@octocat``, ``#12``, ``GH-3`` and
hashes of commits, escaped or not (https://github.com/github/markup/issues/1168). Only another character in the text would
hide them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelkeep.domain.text import pattern, printable

_SPECIAL = pattern(r"([\\`*_\[\]<|~&$#{}]|:(?=//|[A-Za-z+-][\w+-]*:)|(?<!\d):(?=\d+:))")
#: What GitHub makes a link of, besides what has a scheme.
_HOST = pattern(r"(?i)\b(www)\.")
_BACKTICKS = pattern("`+")
#: What begins a list, a quotation, a rule or a heading where it begins a line.
_AT_THE_BEGINNING = pattern(r"^(\d{1,9})([.)])(?=\s|$)|^([-+=>])")


def escape(text: object) -> str:
    """Return a text as one line of Markdown that shows it as it is; nothing is ``-``."""
    shown = printable(str(text)) if text is not None and text != "" else "-"
    escaped = _HOST.sub(r"\1\.", _SPECIAL.sub(r"\\\1", shown.strip() or "-"))
    return "-" if escaped == "-" else _AT_THE_BEGINNING.sub(_escaped_beginning, escaped)


def _escaped_beginning(match: object) -> str:
    number, mark, other = match.groups()  # type: ignore[attr-defined]
    return f"{number}\\{mark}" if other is None else f"\\{other}"


def code(text: str) -> str:
    """Return a line that is to be typed as a code span, whatever backticks it has."""
    shown = printable(text)
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(shown)), default=0))
    space = " " if "`" in shown else ""
    return f"{fence}{space}{shown}{space}{fence}"


def heading(level: int, title: str) -> list[str]:
    """Return a heading of trusted words and escaped text, with blank lines around it."""
    return ["", f"{'#' * level} {title}", ""]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a table; the cells are escaped, the columns are trusted words."""
    return [
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
        *(f"| {' | '.join(escape(cell) for cell in row)} |" for row in rows),
    ]


def facts(rows: Iterable[tuple[str, object]]) -> list[str]:
    """Return names, which are trusted words, with their values as a list; those without a value are left out.

    A text of several lines stands below its name as a quotation.
    """
    lines = []
    for name, value in rows:
        text = "" if value is None else str(value).strip("\n")
        if "\n" in text:
            lines += [
                f"- **{name}**:",
                *(f"  > {escape(line)}" if line.strip() else "  >" for line in text.split("\n")),
            ]
        elif text:
            lines.append(f"- **{name}**: {escape(text)}")
    return lines


def page(blocks: Iterable[Sequence[str]]) -> str:
    """Return blocks of lines as a page: one blank line at a time, and a newline at the end."""
    lines: list[str] = []
    for block in blocks:
        for line in block:
            if line or (lines and lines[-1]):
                lines.append(line)
    return "\n".join(lines).strip("\n") + "\n"


def minute(time: str | None) -> str:
    """Return a time of the log as people read it: ``2026-11-23 09:12 UTC``."""
    return "-" if time is None else f"{time[:10]} {time[11:16]} UTC"
