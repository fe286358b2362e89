"""JSON Schemas of the documents, made from the answers they are made of, and committed.

``write_schemas`` writes one file a document into the package. A schema lets further fields through,
for fields are only ever added.
"""

from __future__ import annotations

import json
import os
import types
import typing

from msgspec import Struct
from msgspec.structs import fields

from modelkeep.domain.answers.care import Access, BackedUp, Cleaned, Diagnosis, Migration, Verification
from modelkeep.domain.answers.changes import Change, Fetched, Registered, RolledBack
from modelkeep.domain.answers.records import AuditEntry, Identity, Status
from modelkeep.domain.answers.relations import Diff, Identified, Lineage
from modelkeep.domain.answers.versions import AsOf, Model, ModelRow, Tenure, Version, VersionRow

#: Where the committed schemas are, in the package.
DIRECTORY = os.path.join(os.path.dirname(os.path.dirname(__file__)), "schemas")


class Models(Struct, frozen=True):
    """Models, and the moment they are told of."""

    as_of: AsOf | None
    models: tuple[ModelRow, ...]


class Versions(Struct, frozen=True):
    """Versions, and the moment they are told of."""

    as_of: AsOf | None
    versions: tuple[VersionRow, ...]


class AsOfField(Struct, frozen=True):
    """The moment a document is about."""

    as_of: AsOf | None


class Tenures(Struct, frozen=True):
    """What was live when."""

    as_of: AsOf | None
    tenures: tuple[Tenure, ...]


class Entries(Struct, frozen=True):
    """Entries of the log."""

    entries: tuple[AuditEntry, ...]


class IdentifiedRows(Struct, frozen=True):
    """Where some bytes are known from."""

    identified: tuple[Identified, ...]


class Error(Struct, frozen=True):
    """What was refused: the kind, the exit code, what happened, what helps."""

    code: str
    exit: int
    message: str
    hint: str | None


class ErrorDocument(Struct, frozen=True):
    """The last line of stderr when a command with --json was refused."""

    error: Error


class ItemChange(Struct, frozen=True):
    """One of several items: its change, or its error."""

    item: str
    change: Change | None
    error: Error | None


class Changes(Struct, frozen=True):
    """What became of each of several items."""

    changes: tuple[ItemChange, ...]


class Field(Struct, frozen=True):
    """One field of a model or version."""

    ref: str
    field: str
    value: typing.Any


class Path(Struct, frozen=True):
    """Where a version can be read."""

    ref: str
    path: str


class Description(Struct, frozen=True):
    """The description of a model or version."""

    ref: str
    description: str | None


class SettingRow(Struct, frozen=True):
    """A setting, and what said so."""

    key: str
    value: str | None
    origin: str


class Settings(Struct, frozen=True):
    """All settings."""

    settings: tuple[SettingRow, ...]


class Setting(Struct, frozen=True):
    """One setting; ``changed`` is true when it was just set."""

    key: str
    value: str | None
    changed: bool


class Trust(Struct, frozen=True):
    """The directories of others that are trusted; ``changed`` is true when they were just changed."""

    directories: tuple[str, ...]
    changed: bool


class Init(Struct, frozen=True):
    """A registry that was created, or was there."""

    path: str
    id: str
    created: bool
    stages: tuple[str, ...]


class Completion(Struct, frozen=True):
    """The completion script of a shell."""

    shell: str
    script: str


#: Each document: the classes whose fields it has.
DOCUMENTS: dict[str, tuple[type, ...]] = {
    "backup": (BackedUp,),
    "change": (Change,),
    "changes": (Changes,),
    "completion": (Completion,),
    "description": (Description,),
    "diagnosis": (Diagnosis,),
    "diff": (Diff,),
    "entries": (Entries,),
    "error": (ErrorDocument,),
    "fetched": (Fetched,),
    "field": (Field,),
    "garbage": (Cleaned,),
    "identified": (IdentifiedRows,),
    "identity": (Identity,),
    "init": (Init, Access),
    "lineage": (Lineage,),
    "migration": (Migration,),
    "model": (Model, AsOfField),
    "models": (Models,),
    "path": (Path,),
    "registered": (Registered,),
    "rollback": (RolledBack,),
    "setting": (Setting,),
    "settings": (Settings,),
    "status": (Status,),
    "tenures": (Tenures,),
    "trust": (Trust,),
    "verification": (Verification,),
    "version": (Version, AsOfField),
    "versions": (Versions,),
}


def schema(thing: str) -> dict[str, object]:
    """Return the JSON Schema of a document."""
    kinds = DOCUMENTS[thing]
    named: dict[str, object] = {} if thing == "error" else {"schema": {"const": f"modelkeep.{thing}/1"}}
    defined: dict[str, object] = {}
    fields = named | {name: made for kind in kinds for name, made in _properties(kind, defined).items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"modelkeep.{thing}/1",
        "description": _first_line(kinds[0]),
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "$defs": dict(sorted(defined.items())),
    }


def texts() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {f"{thing}.json": json.dumps(schema(thing), indent=2) + "\n" for thing in DOCUMENTS}


def write_schemas(directory: str = DIRECTORY) -> list[str]:
    """Write a file a document and return their paths; files of documents that are no more are removed."""
    os.makedirs(directory, exist_ok=True)
    made = texts()
    for old in os.listdir(directory):
        if old.endswith(".json") and old not in made:
            os.unlink(os.path.join(directory, old))
    for name, text in made.items():
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(text)
    return [os.path.join(directory, name) for name in made]


def _properties(kind: type, defined: dict[str, object]) -> dict[str, object]:
    hints = typing.get_type_hints(kind)
    return {each.name: _shape(hints[each.name], defined) for each in fields(kind)}


def _shape(hint: typing.Any, defined: dict[str, object]) -> dict[str, object]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is typing.Any:
        return {}
    if origin in {typing.Union, types.UnionType}:
        (some,) = [each for each in inner if each is not types.NoneType]
        return {"anyOf": [_shape(some, defined), {"type": "null"}]}
    if origin is tuple:
        pair = typing.get_args(inner[0])
        if typing.get_origin(inner[0]) is tuple and pair[-1] is not Ellipsis:
            return {"type": "object", "additionalProperties": _shape(pair[1], defined)}
        return {"type": "array", "items": _shape(inner[0], defined)}
    plain = {str: "string", int: "integer", bool: "boolean"}.get(hint)
    if plain is not None:
        return {"type": plain}
    if hint.__name__ not in defined:
        defined[hint.__name__] = {}  # named before it is made, for what holds itself
        fields = _properties(hint, defined)
        defined[hint.__name__] = {
            "description": _first_line(hint),
            "type": "object",
            "properties": fields,
            "required": list(fields),
        }
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").splitlines()[0].replace("``", "")


if __name__ == "__main__":
    write_schemas()
