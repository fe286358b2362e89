"""What `gc` removed and what `doctor` found, as documents, lines and sentences. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.cli.views.output import Page, document, line
from modelkeep.rendering.counts import counted, files
from modelkeep.rendering.sizes import human_size

if TYPE_CHECKING:
    from modelkeep.domain.answers.care import Cleaned, Diagnosis

_MOST_UNKNOWN = 10


def page(found: Cleaned) -> Page:
    """Return what was removed, a line each."""
    return Page(
        document("garbage", found),
        [line(each.place, each.size_bytes, each.reason) for each in found.garbage],
        [each.place for each in found.garbage],
    )


def told(found: Cleaned, grace: str) -> list[str]:
    """Return what is told on stderr: what was freed, what was kept, what is not ours."""
    freed = f"{human_size(found.freed_bytes)} in {files(found.files)}"
    if not found.garbage:
        lines = ["nothing to do: there is no garbage" + (" of that age" if found.young_files else "")]
    elif found.dry_run:
        lines = [f"would free {freed}", "dry run: nothing was removed"]
    else:
        lines = [f"freed {freed}"]
    if found.young_files:
        is_are = "is" if found.young_files == 1 else "are"
        lines.append(f"{files(found.young_files)}, {human_size(found.young_bytes)}, {is_are} younger than {grace}")
    lines += [f"unknown: {each} (not made by modelkeep, left alone)" for each in found.unknown[:_MOST_UNKNOWN]]
    if len(found.unknown) > _MOST_UNKNOWN:
        lines.append(f"unknown: and {len(found.unknown) - _MOST_UNKNOWN} more")
    return lines


def diagnosis(found: Diagnosis) -> Page:
    """Return the findings, a line each."""
    return Page(
        document("diagnosis", found),
        [line(each.severity, each.code, each.place, each.message, each.hint) for each in found.findings],
        [each.code for each in found.findings if each.severity != "ok"],
    )


def verdict(found: Diagnosis) -> str:
    """Return how the place is, in one line."""
    counts = [
        counted(sum(each.severity == severity for each in found.findings), word)
        for severity, word in (("error", "error"), ("warning", "warning"), ("ok", "thing"))
    ]
    return f"{'ok' if found.ok else 'NOT ok'}: {counts[0]}, {counts[1]}, {counts[2]} in order"
