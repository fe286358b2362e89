"""What prints one value: `path` and `get` a path, `describe` a text, `completion` a script, `show --field` a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelkeep.cli.views.interface import View, cell, flattened, has_objects
from modelkeep.domain.answers.changes import Fetched
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.rendering import files, human_size


class PathView(View, frozen=True):
    """Where a version can be read."""

    exact = True
    ref: str
    path: str

    def identifiers(self) -> list[str]:
        return [self.path]


class FetchedView(View, frozen=True):
    """Where an artifact was written."""

    exact = True
    answer: Fetched

    def identifiers(self) -> list[str]:
        return [self.answer.path]

    def notes(self) -> list[str]:
        found = self.answer
        if not found.changed:
            return [f"nothing to do: {found.ref} is there already"]
        return [f"{found.ref}: {human_size(found.size_bytes)} in {files(found.files)}, every byte checked"]


class DescriptionView(View, frozen=True):
    """The description of a model or version."""

    ref: str
    description: str | None

    def notes(self) -> list[str]:
        """Return that there is none, where that is so."""
        return [] if self.description else [f"{self.ref} has no description"]

    def identifiers(self) -> list[str]:
        return [] if self.description is None else [printable(each) for each in self.description.split("\n")]


class CompletionView(View, frozen=True):
    """The completion script of a shell."""

    shell: str
    script: str

    def identifiers(self) -> list[str]:
        return self.script.rstrip("\n").split("\n")


class FieldView(View, frozen=True):
    """One field of a model or version."""

    ref: str
    field: str
    value: Any

    @classmethod
    def of(cls, ref: str, document: dict[str, Any], field: str) -> FieldView:
        """Return a field of a document: one of its own, ``metric.K``, or a path of names; else raise ``UsageError``."""
        fields = flattened(document) | document
        del fields["schema"]
        value: Any = fields
        for part in [field] if field in fields else field.split("."):
            if not isinstance(value, Mapping) or part not in value:
                message = f"there is no field '{printable(field)}'"
                raise UsageError(message, f"there are {', '.join(fields)}")
            value = value[part]
        return cls(ref, field, value)

    def identifiers(self) -> list[str]:
        """Return one line: null is empty, objects are JSON, lists are joined by commas."""
        return [_as_text(self.value)]


def _as_text(value: Any) -> str:
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, Mapping) or has_objects(value):
        import json

        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return cell(value)
