"""The JSON Schemas of the documents that ``--json`` prints and hooks get, made by msgspec from the fields of their views.

A schema lets further fields through, for fields are only ever added.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from inspect import isabstract
from typing import Any

import msgspec

from modelkeep.cli import views
from modelkeep.cli.views.errors import ErrorDocument, ErrorFields
from modelkeep.cli.views.interface import View
from modelkeep.domain.answers.hooks import HookEvent

_PREFIX, _SUFFIX = "modelkeep.", "/1"
_REFERENCE = re.compile(r'"#/\$defs/([^"]+)"')
#: The fields that are left out where they say nothing.
_LEFT_OUT = {
    (ErrorFields.__name__, field.name)
    for field in msgspec.structs.fields(ErrorFields)
    if field.default is msgspec.UNSET
}


def documents() -> dict[str, type[msgspec.Struct]]:
    """Return the view of each document by what it is about: ``versions``, ``change``; of an error and an event the class."""
    for module in pkgutil.iter_modules(views.__path__, f"{views.__name__}."):
        importlib.import_module(module.name)
    found: dict[str, type[msgspec.Struct]] = {"error": ErrorDocument, "event": HookEvent}
    waiting = [View]
    while waiting:
        for view in waiting.pop().__subclasses__():
            if view.__module__.startswith(views.__name__):
                if not isabstract(view):
                    found[view.schema().removeprefix(_PREFIX).removesuffix(_SUFFIX)] = view
                waiting.append(view)
    return dict(sorted(found.items()))


def schema(thing: str) -> dict[str, Any]:
    """Return the JSON Schema of a document."""
    kind = documents()[thing]
    _, definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for each in definitions.values():
        each["description"] = _first_line(each.get("description", ""))
        for field in each["properties"].values():
            field.pop("default", None)
    own = definitions.pop(kind.__name__)
    if issubclass(kind, View):
        own["properties"] = _properties(kind, own["properties"], definitions)
    definitions = _needed(own, definitions)
    for each in (own, *definitions.values()):
        # A field that has a default is written too, unless that is UNSET.
        each["required"] = [name for name in each["properties"] if (each["title"], name) not in _LEFT_OUT]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **own,
        "title": f"{_PREFIX}{thing}{_SUFFIX}",
        "$defs": dict(sorted(definitions.items())),
    }


def _properties(view: type[View], fields: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a view's document, as `View.document` takes them from the fields of the view."""
    properties: dict[str, Any] = {"schema": {"enum": [view.schema()]}}
    for name, value in fields.items():
        if name == "answer":
            properties |= definitions.pop(value["$ref"].removeprefix("#/$defs/"))["properties"]
        elif name not in view.undocumented:
            properties[name] = value
    return properties


def _needed(own: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the definitions that a schema refers to: those of fields that are no part of the document go."""
    found: dict[str, Any] = {}
    waiting: list[Any] = [own]
    while waiting:
        for name in _REFERENCE.findall(json.dumps(waiting.pop())):
            if name not in found:
                found[name] = definitions[name]
                waiting.append(definitions[name])
    return found


def texts() -> dict[str, str]:
    """Return the text of each schema by the name of its file."""
    return {f"{thing}.json": json.dumps(schema(thing), indent=2) + "\n" for thing in documents()}


def _first_line(docstring: str) -> str:
    return docstring.partition("\n")[0].replace("``", "")
