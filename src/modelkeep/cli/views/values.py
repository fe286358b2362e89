"""What prints one value: `path` and `get` a path, `describe` a text, `completion` a script."""

from __future__ import annotations

from modelkeep.cli.views.interface import Document, View
from modelkeep.domain.answers.changes import Fetched
from modelkeep.domain.text import printable
from modelkeep.rendering import files, human_size


class PathDocument(Document, frozen=True):
    """Where a version can be read."""

    ref: str
    path: str


class PathView(View, frozen=True):
    """Where a version, or a file of it, can be read."""

    exact = True
    ref: str
    path: str

    def document(self) -> PathDocument:
        return PathDocument(self.ref, self.path)

    def lines(self) -> list[str]:
        return [self.path]

    def identifiers(self) -> list[str]:
        return [self.path]


class FetchedDocument(Fetched, Document, frozen=True):
    """Where an artifact was written."""


class FetchedView(View, frozen=True):
    """Where an artifact was written."""

    exact = True
    fetched: Fetched

    def document(self) -> FetchedDocument:
        return FetchedDocument.of(self.fetched)

    def lines(self) -> list[str]:
        return [self.fetched.path]

    def identifiers(self) -> list[str]:
        return [self.fetched.path]

    def notes(self) -> list[str]:
        found = self.fetched
        if not found.changed:
            return [f"nothing to do: {found.ref} is there already"]
        return [f"{found.ref}: {human_size(found.size_bytes)} in {files(found.files)}, every byte checked"]


class DescriptionDocument(Document, frozen=True):
    """The description of a model or version."""

    ref: str
    description: str | None


class DescriptionView(View, frozen=True):
    """A description as it was written, line by line; none is no line."""

    ref: str
    description: str | None

    def document(self) -> DescriptionDocument:
        return DescriptionDocument(self.ref, self.description)

    def lines(self) -> list[str]:
        return [] if self.description is None else [printable(each) for each in self.description.split("\n")]

    def identifiers(self) -> list[str]:
        return self.lines()


class CompletionDocument(Document, frozen=True):
    """The completion script of a shell."""

    shell: str
    script: str


class CompletionView(View, frozen=True):
    """The completion script of a shell."""

    shell: str
    script: str

    def document(self) -> CompletionDocument:
        return CompletionDocument(self.shell, self.script)

    def lines(self) -> list[str]:
        return self.script.rstrip("\n").split("\n")

    def identifiers(self) -> list[str]:
        return self.lines()
