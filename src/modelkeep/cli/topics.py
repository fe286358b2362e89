"""What `modelkeep help TOPIC` prints, and the pages of the manual in section 7: the same texts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from textwrap import fill
from types import MappingProxyType

import modelkeep
from modelkeep.domain.text import close_to, printable
from modelkeep.errors import EXIT_CODES, NotFound, UsageError

#: Topics with a text of their own, in the order they are listed.
WRITTEN = ("references", "states", "filters", "formats", "policy")
_EXIT_CODES = "What the exit codes mean\n\n{}\n\nUnder --json the last line of standard error is an object with code, exit,\nmessage and hint.\n"
_SCHEMAS = "The JSON Schemas of the documents that --json prints\n\n{}\n\nmodelkeep help schema NAME prints one.\n"


def names() -> tuple[str, ...]:
    """Return the topics."""
    return (*WRITTEN, "exit-codes", "schema")


def text(topic: str, name: str | None = None) -> str:
    """Return the text of a topic; ``schema`` with a name is that JSON Schema. Raises ``NotFound`` with close ones."""
    if topic == "schema" and name not in (None, "list"):
        return _schema(str(name))
    if name is not None and topic != "schema":
        message = f"help takes one topic, and '{printable(name)}' is one more word"
        raise UsageError(message, f"modelkeep help {topic}")
    if topic in _MADE:
        return _MADE[topic]()
    if topic not in WRITTEN:
        message = f"there is no topic '{printable(topic)}'"
        near = close_to(topic, names())
        raise NotFound(message, f"modelkeep help {near[0]}" if near else f"topics are {', '.join(names())}")
    return _read("topics", f"{topic}.txt")


def title(topic: str) -> str:
    """Return the first line of a topic."""
    return text(topic).partition("\n")[0]


def _exit_codes() -> str:
    return _EXIT_CODES.format(
        "\n".join(fill(f"  {code:<4} {meaning}", 78, subsequent_indent=" " * 7) for code, meaning in EXIT_CODES)
    )


def _schemas() -> str:
    return _SCHEMAS.format("\n".join(f"  {name}" for name in schema_names()))


def schema_names() -> list[str]:
    """Return the names of the JSON Schemas, without their versions."""
    return sorted(name.removesuffix(".json") for name in os.listdir(_place("schemas")) if name.endswith(".json"))


def _schema(name: str) -> str:
    known = schema_names()
    wanted = name.removeprefix("modelkeep.").partition("/")[0]
    if wanted not in known:
        message = f"there is no schema '{printable(name)}'"
        near = close_to(wanted, known)
        raise NotFound(message, f"modelkeep help schema {near[0]}" if near else "modelkeep help schema")
    return _read("schemas", f"{wanted}.json")


def _place(*names: str) -> str:
    return os.path.join(os.path.dirname(modelkeep.__file__), *names)


def _read(*names: str) -> str:
    with open(_place(*names), encoding="utf-8") as file:
        return file.read()


_MADE: Mapping[str, Callable[[], str]] = MappingProxyType({"exit-codes": _exit_codes, "schema": _schemas})
