"""PMML: models as XML, https://dmg.org/pmml/ . Declarations of entities are refused, and nothing is resolved."""

from __future__ import annotations

from xml.parsers import expat

from modelkeep.domain.known_documents import FileInspection, Interface
from modelkeep.formats.findings import MOST_FIELDS, facts, field, problems
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile

_CHUNK, _DEEPEST, _LONGEST_VERSION = 64 << 10, 1000, 60
#: A single element may be as long as what is read, and is held in memory.
_MOST_BYTES = 16 << 20


class _Reading:
    """What the elements said so far."""

    def __init__(self) -> None:
        self.depth = 0
        self.found: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.roles: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note an element."""
        self.depth += 1
        if self.depth > _DEEPEST:
            message = "is nested too deeply"
            raise Malformed(message)
        name = name.rpartition(":")[2]
        if self.depth == 1:
            if name != "PMML":
                message = f"has the root element {name!r}, not PMML"
                raise Malformed(message)
            self.found["version"] = attributes.get("version", "")
        elif name == "Application" and self.depth == 3:
            version = attributes.get("version", "")
            known = version if len(version) <= _LONGEST_VERSION else ""
            self.found["producer"] = f"{attributes.get('name', '')} {known}".strip()
        elif name == "DataField" and len(self.fields) < MOST_FIELDS:
            self.fields[attributes.get("name", "")] = attributes.get("dataType", "")
        elif self.depth == 2 and "functionName" in attributes:
            self.found.setdefault("model", name)
            self.found.setdefault("function", attributes["functionName"])
        elif name == "MiningField" and self.depth == 4:
            self.roles.setdefault(attributes.get("name", ""), attributes.get("usageType", "active"))

    def end(self, _: str) -> None:
        """Leave an element."""
        self.depth -= 1


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the model, the program that wrote it, and its fields."""
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reading.start, reading.end
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse_reference
    unread = [f"it was not read beyond byte {_MOST_BYTES}"] if file.size > _MOST_BYTES else []
    try:
        for start in range(0, min(file.size, _MOST_BYTES), _CHUNK):
            budget.check()
            parser.Parse(file.read(start, _CHUNK))
        if not unread:
            parser.Parse(b"", True)  # noqa: FBT003  it takes no keywords
    except (expat.ExpatError, ValueError, LookupError) as error:
        message = f"is no XML: {error}"
        raise Malformed(message) from error
    inspection = FileInspection(
        path=file.path,
        format="pmml",
        facts=facts(
            format_version=reading.found.get("version"),
            producer=reading.found.get("producer"),
            architecture=reading.found.get("model"),
            task=reading.found.get("function"),
        ),
        problems=problems("unverified", unread),
    )
    inputs, outputs = (
        tuple(field(name, kind) for name, kind in reading.fields.items() if reading.roles.get(name) in roles)
        for roles in ({"active"}, {"target", "predicted"})
    )
    return FoundInFile(inspection, Interface(inputs, outputs) if inputs or outputs else None)


def _refuse_reference(*_: object) -> int:
    message = "refers to an entity of another file, which is not read"
    raise Malformed(message)


def _refuse(*_: object) -> None:
    message = "declares an entity, which is not resolved"
    raise Malformed(message)
