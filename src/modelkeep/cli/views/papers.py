"""What `card` and `bom` print: the paper itself, or where a file was written its path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from modelkeep.cli.views.interface import View
from modelkeep.domain.answers.papers import Bom, Card
from modelkeep.domain.text import escape_json


class CardView(View, frozen=True):
    """The model card of a version; ``file`` is where it was written, None for standard output."""

    exact = True
    undocumented: ClassVar[tuple[str, ...]] = ("file",)
    answer: Card
    file: str | None = None

    def identifiers(self) -> list[str]:
        return [self.answer.ref]

    def lines(self) -> Sequence[str]:
        return [self.file] if self.file is not None else self.answer.page.splitlines()


class TemplateView(View, frozen=True):
    """The built-in template of a model card."""

    exact = True
    template: str

    def identifiers(self) -> list[str]:
        return self.template.splitlines()


class BomView(View, frozen=True):
    """The bill of materials of a version; ``file`` as above."""

    exact = True
    undocumented: ClassVar[tuple[str, ...]] = ("file",)
    answer: Bom
    file: str | None = None

    @property
    def page(self) -> str:
        """The CycloneDX document."""
        import json  # most commands do not need it

        return escape_json(json.dumps(self.answer.bom, indent=2, ensure_ascii=False)) + "\n"

    def identifiers(self) -> list[str]:
        return [self.answer.ref]

    def lines(self) -> Sequence[str]:
        return [self.file] if self.file is not None else self.page.splitlines()
