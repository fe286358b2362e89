"""What directories say of themselves in JSON and YAML: read within bounds, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

import msgspec

from modelkeep.domain.known_documents import Part, Problem
from modelkeep.formats.interface import Malformed, ModelFile, clean

_LARGEST_JSON, _LARGEST_YAML = 16 << 20, 256 << 10
_MOST_CODE = 10


def read_json(file: ModelFile) -> dict[str, Any]:
    """Return the object of a JSON file. Raises `Malformed` where it is none or too long."""
    name = file.path.rpartition("/")[2]
    if file.size > _LARGEST_JSON:
        message = f"has a {name} of {file.size} bytes, which is too long to read"
        raise Malformed(message)
    try:
        found = msgspec.json.decode(file.read(0, file.size))
    except (msgspec.DecodeError, UnicodeError) as error:
        message = f"has a {name} that is no JSON: {error}"
        raise Malformed(message) from error
    if not isinstance(found, dict):
        message = f"has a {name} that is no JSON object"
        raise Malformed(message)
    return found


def read_yaml(data: bytes, name: str) -> dict[str, Any]:
    """Return the mapping of a YAML text. Raises `Malformed` where it is none; anchors are refused, for they can explode."""
    import yaml  # type: ignore[import-untyped]

    if len(data) > _LARGEST_YAML:
        message = f"has a {name} of more than {_LARGEST_YAML >> 10} KiB, which is too long to read"
        raise Malformed(message)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(data, Loader=loader)):
            message = f"has a {name} with anchors in it, which are not followed"
            raise Malformed(message)
        found = yaml.load(data, Loader=loader)  # noqa: S506  a safe loader: it makes plain values alone
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        message = f"has a {name} that is no YAML: {str(error).partition(chr(10))[0]}"
        raise Malformed(message) from error
    if not isinstance(found, dict):
        message = f"has a {name} that is no YAML mapping"
        raise Malformed(message)
    return found


def is_text(value: object) -> TypeGuard[str]:
    """Tell whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def facts_of(*pairs: tuple[str, object]) -> tuple[tuple[str, str], ...]:
    """Return the facts that have a value: texts, numbers, and lists of texts joined by commas."""
    found = []
    for name, value in pairs:
        if isinstance(value, (list, tuple)):
            value = ", ".join(each for each in value if is_text(each))  # noqa: PLW2901
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip():
            found.append((name, clean(str(value).strip())))
    return tuple(found)


def part(role: str, name: str, paths: tuple[str, ...] = ()) -> Part:
    """Return a part whose name is a text of the artifact."""
    return Part(role, clean(name) or "?", paths=paths)


def problem(kind: str, text: str) -> Problem:
    """Return a problem whose words are in part those of the artifact."""
    return Problem(kind, clean(text))


def code_problems(files: Mapping[str, ModelFile]) -> tuple[Problem, ...]:
    """Return a note where Python code lies beside the model."""
    code = sorted(path for path in files if path.endswith(".py"))
    if not code:
        return ()
    more = f" and {len(code) - _MOST_CODE} more" if len(code) > _MOST_CODE else ""
    return (problem("note", f"it has code of its own: {', '.join(code[:_MOST_CODE])}{more}"),)
