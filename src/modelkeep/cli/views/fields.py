"""What `show --field` prints: one field of a model or a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from modelkeep.cli.views.interface import Document, View
from modelkeep.cli.views.text_lines import cell, has_objects
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError


class FieldDocument(Document, frozen=True):
    """One field of a model or version."""

    ref: str
    field: str
    value: Any


class FieldView(View, frozen=True):
    """One field of a document: one of its own, ``metric.K``, or a path of names; another raises ``UsageError``."""

    ref: str
    whole: Document
    field: str

    def document(self) -> FieldDocument:
        return FieldDocument(self.ref, self.field, self._value())

    def lines(self) -> list[str]:
        """Return one line: null is empty, objects are JSON, lists are joined by commas."""
        return [_as_text(self._value())]

    def identifiers(self) -> list[str]:
        return self.lines()

    def _value(self) -> Any:
        fields = flattened(self.whole) | _builtins(self.whole)
        del fields["schema"]
        value: Any = fields
        for part in [self.field] if self.field in fields else self.field.split("."):
            if not isinstance(value, Mapping) or part not in value:
                message = f"there is no field '{printable(self.field)}'"
                raise UsageError(message, f"there are {', '.join(fields)}")
            value = value[part]
        return value


def flattened(document: Document) -> dict[str, Any]:
    """Return the fields of a document with metrics, params and tags as ``metric.K``, ``param.K``, ``tag.K``.

    ``metric.K`` is the newest value on any data: a document has its metrics newest first, one for each data.
    """
    fields: dict[str, Any] = {}
    for name, value in _builtins(document).items():
        if name == "metrics":
            for each in value:
                fields.setdefault(f"metric.{each['name']}", each["value"])
        elif name in {"params", "tags"}:
            fields |= {f"{name[:-1]}.{key}": each for key, each in value.items()}
        elif name not in {"as_of", "tenures"}:
            fields[name] = value
    return fields


def _builtins(document: Document) -> dict[str, Any]:
    fields: dict[str, Any] = to_builtins(document)
    return fields


def _as_text(value: Any) -> str:
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, Mapping) or has_objects(value):
        import json

        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return cell(value)
