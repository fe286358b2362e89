"""What prints one value: `path` and `get` a path, `describe` a text, `completion` a script, `show --field` a field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelkeep.cli.typed_line import hint_line
from modelkeep.cli.views.interface import View, cell, flattened, has_objects
from modelkeep.domain.answers.changes import Fetched
from modelkeep.domain.answers.versions import Evaluation
from modelkeep.domain.json_values import to_json, to_text
from modelkeep.domain.keys import ANY_KEYS, PLURALS, split_key
from modelkeep.domain.metrics import newest_by_data, parse_metric_key, value_of
from modelkeep.domain.text import close_to, printable
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

    @property
    def acted(self) -> bool:
        """Whether something is there now that was not before."""
        return True

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
        """Return a field of a document: one of its own, ``metric.K``, ``param.K``, ``tag.K``, or a path of names.

        Another one raises ``UsageError``, as does a metric that may mean several values.
        """
        kind, _, key = field.partition(".")
        if kind in PLURALS and key:
            field = f"{kind[:-1]}.{key}"
        split = split_key(field)
        found = _path(document, field.split(".")) if split is None else keyed_value(document, *split, ref)
        if found is not NOTHING and field != "schema":
            return cls(ref, field, found)
        message = f"there is no field '{printable(field)}'"
        if split is not None and f"{split[0]}s" not in document:
            raise UsageError(message, hint_line(["show", f"{ref}@latest", "--field", field]))
        names = [name for name in dict.fromkeys([*flattened(document), *document]) if name != "schema"]
        raise UsageError(message, printable(f"there are {', '.join(_likely(field, names))}"))

    def identifiers(self) -> list[str]:
        """Return one line: null is empty, objects and params are JSON, other lists are joined by commas."""
        if self.value is not None and split_key(self.field) is not None:
            return [cell(to_text(self.value)) if self.value != "" else ""]
        return [_as_text(self.value)]


NOTHING: Any = object()


def _likely(field: str, names: Sequence[str]) -> Sequence[str]:
    """Return the names of fields that were likely meant: of that key, on whatever data; else close ones; else plain ones."""
    kind, key = split_key(field) or (None, field)
    by_key: dict[str, list[str]] = {}
    for name in names:
        split = split_key(name)
        if split is not None and kind in (None, split[0]):
            by_key.setdefault(split[1].partition("@")[0], []).append(name)
    if (typed := key.partition("@")[0]) in by_key:
        return by_key[typed]
    if kind is None:
        return close_to(field, names) or [*(name for name in names if split_key(name) is None), *ANY_KEYS]
    return [name for each in close_to(typed, by_key) or by_key for name in by_key[each]] or ANY_KEYS


def _path(document: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Return what stands in a document under names, one inside the other; in a list a name is a place: ``data.0.node``.

    Below null all is null.
    """
    value: Any = document
    for name in names:
        if value is None:
            return None
        if isinstance(value, Sequence) and not isinstance(value, str):
            value = dict(zip(map(str, range(len(value))), value, strict=True))
        if not isinstance(value, Mapping) or name not in value:
            return NOTHING
        value = value[name]
    return value


def keyed_value(document: Mapping[str, Any], kind: str, key: str, ref: str) -> Any:
    """Return the value of ``param.K`` or ``tag.K``, or that which ``metric.TEXT`` means."""
    if kind != "metric":
        return document.get(f"{kind}s", {}).get(key, NOTHING)
    newest = newest_by_data(Evaluation(**each) for each in document.get("evaluations", ()))
    meant = parse_metric_key(key, ((name, data) for name, by_data in newest.items() for data in by_data))
    found = None if meant is None else value_of(newest, meant, ref)
    return NOTHING if found is None else found.value


def _as_text(value: Any) -> str:
    if value is None or value in ("", []):
        return ""
    if isinstance(value, Mapping) or has_objects(value):
        return to_json(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return cell(value)
