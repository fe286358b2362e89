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
    text = topics.text(topic)
    title = text.partition("\n")[0]
    name = f"modelkeep-{topic}"
    parts = [head(name, 7), section("NAME"), f"{plain(name)} \\- {plain(title[:1].lower() + title[1:])}\n"]
    parts += [section("DESCRIPTION"), *map(_paragraph, topics.paragraphs(text))]
    pages = [("modelkeep", 1), *((f"modelkeep-{command}", 1) for command in commands)]
    return "".join([*parts, section("SEE ALSO"), listed(pages)])


def _paragraph(found: str | Sequence[tuple[str, str]]) -> str:
    """Return a paragraph: running text, a list of names and meanings, or lines that are typed."""
    if isinstance(found, str):
        return f".PP\n{prose(found)}"
    if all(meaning for _, meaning in found):
        return "".join(item(bold(name), meaning) for name, meaning in found)
    return f".PP\n{examples(name for name, _ in found)}"
