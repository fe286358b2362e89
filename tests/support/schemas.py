"""JSON Schemas as the tests use them."""

import json
from pathlib import Path

import jsonschema

import modelkeep


def closed(found: dict[str, object]) -> dict[str, object]:
    """Return a schema that lets no further field through: what the tests hold today's output to."""
    made = {key: closed(value) if isinstance(value, dict) else value for key, value in found.items()}
    if made.get("type") == "object" and "properties" in made:
        made["additionalProperties"] = False
    return made


def event(document):
    """Return an event that a hook got, which keeps to the schema in the package and has no field beside."""
    found = json.loads(document)
    schema = Path(modelkeep.__file__).with_name("schemas") / "event.json"
    jsonschema.validate(found, closed(json.loads(schema.read_text())))
    return found
