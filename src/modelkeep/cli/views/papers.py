"""What `card`, `bom` and `diff --notes` print: the paper itself, or where a file was written its path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from modelkeep.cli.views.interface import View
from modelkeep.domain.answers.papers import Bom, Card
from modelkeep.domain.answers.release_notes import ReleaseNotes
from modelkeep.domain.text import escape_json


class CardView(View, frozen=True):
    """The model card of a version; ``file`` is where it was written, None for standard output."""

    exact = True
    undocumented: ClassVar[tuple[str, ...]] = ("file",)
    answer: Card
    file: str | None = None

    @property
    def acted(self) -> bool:
        """Whether a file was written."""
        return self.file is not None

    def identifiers(self) -> list[str]:
        return [self.answer.ref]

    def lines(self) -> Sequence[str]:
        return [self.file] if self.file is not None else _lines(self.answer.page)


class NotesView(View, frozen=True):
    """The release notes from a version to a later one."""

    exact = True
    answer: ReleaseNotes

    def identifiers(self) -> list[str]:
        return [each.ref for each in self.answer.versions]

    def lines(self) -> Sequence[str]:
        return _lines(self.answer.page)


class TemplateView(View, frozen=True):
    """The built-in template of a model card."""

    exact = True
    template: str

    def identifiers(self) -> list[str]:
        return _lines(self.template)


class BomView(View, frozen=True):
    """The bill of materials of a version; ``file`` as above."""

    exact = True
    undocumented: ClassVar[tuple[str, ...]] = ("file",)
    answer: Bom
    file: str | None = None

    @property
    def acted(self) -> bool:
        """Whether a file was written."""
        return self.file is not None

    @property
    def page(self) -> str:
        """The CycloneDX document."""
        import json  # most commands do not need it

        return escape_json(json.dumps(self.answer.bom, indent=2, ensure_ascii=False)) + "\n"

    def identifiers(self) -> list[str]:
        return [self.answer.ref]

    def lines(self) -> Sequence[str]:
        return [self.file] if self.file is not None else _lines(self.page)


def _lines(page: str) -> list[str]:
    """Return the lines of a page: other characters that some take for the end of a line are text."""
    return page.removesuffix("\n").split("\n")
