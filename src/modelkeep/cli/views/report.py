"""What `report` prints: the page as Markdown, or where a file was written its path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from modelkeep.cli.views.interface import View
from modelkeep.domain.answers.annex import AnnexIv
from modelkeep.domain.answers.period import Report
from modelkeep.papers.annex import annex_page
from modelkeep.papers.report import report_page


class ReportView(View, frozen=True):
    """The report of a period; ``file`` is where the page was written, None for standard output."""

    exact = True
    undocumented: ClassVar[tuple[str, ...]] = ("file",)
    answer: Report
    file: str | None = None

    @property
    def acted(self) -> bool:
        """Whether a file was written."""
        return self.file is not None

    @property
    def page(self) -> str:
        """The Markdown."""
        return report_page(self.answer)

    def identifiers(self) -> list[str]:
        return [self.answer.end.hash]

    def lines(self) -> Sequence[str]:
        return [self.file] if self.file is not None else self.page.splitlines()

    def notes(self) -> list[str]:
        """Return that nothing was verified."""
        return [] if self.answer.verified is not None else ["the log was not verified: --verify does it"]


class AnnexView(View, frozen=True):
    """The documentation of a version after Annex IV; ``file`` as above."""

    exact = True
    undocumented: ClassVar[tuple[str, ...]] = ("file",)
    answer: AnnexIv
    file: str | None = None

    @property
    def acted(self) -> bool:
        """Whether a file was written."""
        return self.file is not None

    @property
    def page(self) -> str:
        """The Markdown."""
        return annex_page(self.answer)

    def identifiers(self) -> list[str]:
        return [self.answer.ref]

    def lines(self) -> Sequence[str]:
        return [self.file] if self.file is not None else self.page.splitlines()
