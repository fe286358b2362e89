"""The manual of section 7: one page a topic, made from the text that ``modelkeep help TOPIC`` prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from modelkeep.cli import command_table, topics
from tools.command_tree import Node, walk
from tools.roff import bold, examples, head, item, listed, plain, prose, section

#: The topics of commands that are told by no word of their usage.
_STATES = frozenset({"archive", "delete", "list", "mark", "promote", "prune", "retire", "rollback", "show"})
_POLICY = frozenset({"promote", "prune", "report", "rollback", "signal", "signals", "whoami"})
_ENVIRONMENT = frozenset({"config", "doctor", "whoami"})
#: A line of a list: two blanks, a name, two blanks or more, its meaning. A meaning alone goes on with the one before.
_ROW = re.compile(r"  (?P<name>\S.*?)(?:  +(?P<meaning>\S.*))?|   +(?P<more>\S.*)")


def topics_of(node: Node) -> tuple[str, ...]:
    """Return the topics that the page of a command names, and that name it."""
    assert node.row is not None
    words = " ".join(each.metavar for row in (node, *walk(node)) for each in row.parameters)
    options = {spelling for each in node.options for spelling in each.spellings}
    told = {
        "references": bool(re.search(r"\b(REF|NODE|NAME@STAGE)\b", words)),
        "states": node.title in _STATES,
        "filters": "--where" in options,
        "policy": node.row.panel == command_table.GOVERN or node.title in _POLICY,
        "environment": node.title in _ENVIRONMENT,
    }
    return tuple(topic for topic in topics.names() if told.get(topic) or node.title == "help")


def page(topic: str, commands: Iterable[str]) -> str:
    """Return the page of a topic, which names these commands."""
    title, *paragraphs = topics.text(topic).rstrip("\n").split("\n\n")
    name = f"modelkeep-{topic}"
    parts = [head(name, 7), section("NAME"), f"{plain(name)} \\- {plain(title[:1].lower() + title[1:])}\n"]
    parts += [section("DESCRIPTION"), *map(_paragraph, paragraphs)]
    pages = [("modelkeep", 1), *((f"modelkeep-{command}", 1) for command in commands)]
    return "".join([*parts, section("SEE ALSO"), listed(pages)])


def _paragraph(text: str) -> str:
    """Return a paragraph: running text, a list of names and meanings, or lines that are typed."""
    lines = text.split("\n")
    if not text.startswith("  "):
        return f".PP\n{prose(text)}"
    rows = _rows(lines)
    if all(meaning for _, meaning in rows):
        return "".join(item(bold(name), " ".join(meaning)) for name, meaning in rows)
    return f".PP\n{examples(line.removeprefix('  ') for line in lines)}"


def _rows(lines: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the names of a list, each with the lines of its meaning."""
    rows: list[tuple[str, list[str]]] = []
    for line in lines:
        found = _ROW.fullmatch(line)
        assert found is not None, line
        if found["more"]:
            rows[-1][1].append(found["more"])
        else:
            rows.append((found["name"], [found["meaning"]] if found["meaning"] else []))
    return rows
