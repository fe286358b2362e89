"""The lineage as a drawing: DOT of Graphviz (https://graphviz.org/doc/info/lang.html) and Mermaid (https://mermaid.js.org).

No text of a user ends a label or means anything in the language of the drawing. The same answer makes the same bytes.
"""

from __future__ import annotations

from modelkeep.domain.answers.reports import Lineage, LineageNode
from modelkeep.domain.relations import in_words
from modelkeep.domain.text import printable

_SHAPES = {
    "version": "box",
    "data": "cylinder",
    "code": "note",
    "run": "ellipse",
    "environment": "component",
    "deployment": "house",
    "uri": "plaintext",
}
_BRACKETS = {
    "version": ("[", "]"),
    "data": ("[(", ")]"),
    "code": ("[/", "/]"),
    "run": ("([", "])"),
    "environment": ("[[", "]]"),
    "deployment": ("{{", "}}"),
    "uri": (">", "]"),
}
#: What Mermaid reads as more than a character, as the entities that it reads back.
_ENTITIES = {ord(each): f"#{ord(each)};" for each in '"#&<>`\\;'}


def to_dot(lineage: Lineage) -> list[str]:
    """Return the lines of a directed graph in DOT; what holds a stage is bold."""
    lines = ["digraph lineage {", "  rankdir=LR;", "  node [shape=box];"]
    for node in lineage.nodes:
        label = "\\n".join(_escaped(each) for each in _label(node))
        style = ", style=bold" if node.stages else ""
        lines.append(f'  "{_escaped(node.id)}" [label="{label}", shape={_SHAPES[node.kind]}{style}];')
    for edge in lineage.edges:
        label = _escaped(in_words(edge.relation))
        lines.append(f'  "{_escaped(edge.source)}" -> "{_escaped(edge.target)}" [label="{label}"];')
    return [*lines, "}"]


def to_mermaid(lineage: Lineage) -> list[str]:
    """Return the lines of a flowchart of Mermaid, as GitHub draws it; what holds a stage has a thick border."""
    numbers = {node.id: number for number, node in enumerate(lineage.nodes)}
    lines = ["flowchart LR"]
    for node in lineage.nodes:
        before, behind = _BRACKETS[node.kind]
        label = "<br/>".join(_entities(each) for each in _label(node))
        lines.append(f'  n{numbers[node.id]}{before}"{label}"{behind}')
    for edge in lineage.edges:
        label = _entities(in_words(edge.relation))
        lines.append(f'  n{numbers[edge.source]} -->|"{label}"| n{numbers[edge.target]}')
    lines += [f"  style n{numbers[node.id]} stroke-width:3px" for node in lineage.nodes if node.stages]
    return lines


def _label(node: LineageNode) -> list[str]:
    """Return what a node is called, and below it what it holds, or else the state of a version."""
    words = [*node.stages, *([node.state] if node.state and not (node.stages and node.state == "active") else [])]
    return [node.id, *([", ".join(words)] if words else [])]


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')


def _entities(text: str) -> str:
    return printable(text).translate(_ENTITIES)
