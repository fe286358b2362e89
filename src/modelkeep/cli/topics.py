"""What `modelkeep help TOPIC` prints, and the pages of the manual in section 7: the same texts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import modelkeep
from modelkeep.cli.environment import ENVIRONMENT, FILES
from modelkeep.domain.text import close_to, printable
from modelkeep.errors import EXIT_CODES, NotFound, UsageError

#: Topics with a text of their own, in the order they are listed.
WRITTEN = ("references", "states", "filters", "formats", "policy")
#: What a topic may also be called.
OTHER_NAMES = MappingProxyType({
    **dict.fromkeys(("search", "where", "query", "find", "filtering"), "filters"),
    **dict.fromkeys(("columns", "template", "templates", "json", "jsonl", "csv", "output"), "formats"),
    **dict.fromkeys(("refs", "names", "selectors", "versions"), "references"),
})  # fmt: skip
_WIDTH = 78
_EXIT_CODES = "What the exit codes mean\n\n{}\nUnder --json the last line of standard error is an object with code, exit,\nmessage and hint.\n"
_SCHEMAS = "The JSON Schemas of the documents that --json prints\n\n{}\nmodelkeep help schema NAME prints one.\n"
_ENVIRONMENT = """\
Environment variables and files

{}
Files:

{}
A variable wins over the config, and an option wins over both. modelkeep
config list shows each setting and where it comes from.
"""


def names() -> tuple[str, ...]:
    """Return the topics."""
    return (*WRITTEN, *_MADE)


def nearest(word: str) -> Sequence[str]:
    """Return the topics that a word was likely meant to be: those that it begins, else those that are spelled like it."""
    if word in OTHER_NAMES:
        return [OTHER_NAMES[word]]
    return [name for name in names() if name.startswith(word)] or close_to(word, names())


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
        near = nearest(topic)
        raise NotFound(message, f"modelkeep help {near[0]}" if near else f"topics are {', '.join(names())}")
    return _read("topics", f"{topic}.txt")


def title(topic: str) -> str:
    """Return the first line of a topic."""
    return text(topic).partition("\n")[0]


def paragraphs(text: str) -> Iterator[str | list[tuple[str, str]]]:
    """Yield the paragraphs behind the title of a topic: running text, or a list of names and meanings.

    A line that is typed is a name without a meaning.
    """
    for paragraph in text.rstrip("\n").split("\n\n")[1:]:
        if not paragraph.startswith("  "):
            yield paragraph
            continue
        rows: list[tuple[str, str]] = []
        for line in paragraph.split("\n"):
            if line.startswith("   "):  # it goes on with the meaning before
                name, meaning = rows.pop()
                rows.append((name, f"{meaning} {line.strip()}".strip()))
            else:
                name, _, meaning = line.strip().partition("  ")
                rows.append((name, meaning.strip()))
        yield rows


def fitted(text: str, width: int) -> str:
    """Return the text of a topic with its lines broken anew for a terminal that is too narrow for them."""
    if width >= max(map(len, text.split("\n"))):
        return text
    from textwrap import fill

    from modelkeep.rendering import two_columns

    def part(found: str | list[tuple[str, str]]) -> str:
        if isinstance(found, str):
            return fill(found, width, break_on_hyphens=False) + "\n"
        return two_columns(found, width) if found[0][1] else "".join(f"  {line}\n" for line, _ in found)

    return "\n".join([fill(text.partition("\n")[0], width) + "\n", *map(part, paragraphs(text))])


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: ``references, states or schema``."""
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _exit_codes() -> str:
    return _EXIT_CODES.format(_listed((str(code), meaning) for code, meaning in EXIT_CODES))


def _schemas() -> str:
    return _SCHEMAS.format(_listed((name, _description(name)) for name in schema_names()))


def _description(name: str) -> str:
    return str(json.loads(_schema(name))["description"]).replace("`", "")


def _environment() -> str:
    return _ENVIRONMENT.format(_listed(ENVIRONMENT), _listed(FILES))


def _listed(rows: Iterable[tuple[str, str]]) -> str:
    from modelkeep.rendering import two_columns

    return two_columns(rows, _WIDTH)


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


_MADE: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"exit-codes": _exit_codes, "environment": _environment, "schema": _schemas}
)
