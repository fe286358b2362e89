"""What `card`, `bom`, `report` and `diff --notes` print: the paper itself, or where a file was written its path."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from modelkeep.cli.views.interface import View
from modelkeep.domain.answers.annex import AnnexIv
from modelkeep.domain.answers.papers import Bom, Card
from modelkeep.domain.answers.period import Report
from modelkeep.domain.answers.release_notes import ReleaseNotes
from modelkeep.domain.text import escape_json


class PaperView(View, frozen=True, kw_only=True):
    """A paper; ``file`` is where it was written, None for standard output."""

    exact = True
    undocumented: ClassVar[tuple[str, ...]] = ("file",)
    is_markdown: ClassVar[bool] = True
    file: str | None = None

    @property
    @abstractmethod
    def page(self) -> str:
        """The text of the paper."""

    @property
    def acted(self) -> bool:
        """Whether a file was written."""
        return self.file is not None

    def lines(self) -> list[str]:
        """Return the path of the file, else the paper: characters that some take for the end of a line are text."""
        return [self.file] if self.file is not None else self.page.removesuffix("\n").split("\n")


class CardView(PaperView, frozen=True):
    """The model card of a version."""

    answer: Card

    @property
    def page(self) -> str:
        """The Markdown with its front matter."""
        return self.answer.page

    def identifiers(self) -> list[str]:
        return [self.answer.ref]


class NotesView(PaperView, frozen=True):
    """The release notes from a version to a later one."""

    answer: ReleaseNotes

    @property
    def page(self) -> str:
        """The Markdown."""
        return self.answer.page

    def identifiers(self) -> list[str]:
        return [each.ref for each in self.answer.versions]


class TemplateView(View, frozen=True):
    """The built-in template of a model card."""

    exact = True
    template: str

    def identifiers(self) -> list[str]:
        return self.template.removesuffix("\n").split("\n")


class BomView(PaperView, frozen=True):
    """The bill of materials of a version."""

    is_markdown = False
    answer: Bom

    @property
    def page(self) -> str:
        """The CycloneDX document."""
        import json  # most commands do not need it

        return escape_json(json.dumps(self.answer.bom, indent=2, ensure_ascii=False)) + "\n"

    def identifiers(self) -> list[str]:
        return [self.answer.ref]


class ReportView(PaperView, frozen=True):
    """The report of a period."""

    answer: Report

    @property
    def page(self) -> str:
        """The Markdown."""
        from modelkeep.papers.report import report_page

        return report_page(self.answer)

    def identifiers(self) -> list[str]:
        return [self.answer.end.hash]

    def notes(self) -> list[str]:
        """Return that nothing was verified."""
        return [] if self.answer.verified is not None else ["the log was not verified: --verify does it"]


class AnnexView(PaperView, frozen=True):
    """The documentation of a version after Annex IV."""

    answer: AnnexIv

    @property
    def page(self) -> str:
        """The Markdown."""
        from modelkeep.papers.annex import annex_page

        return annex_page(self.answer)

    def identifiers(self) -> list[str]:
        return [self.answer.ref]
