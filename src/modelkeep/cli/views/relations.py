"""What `identify`, `diff` and `lineage` print: which versions bytes are, what differs, what was made from what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelkeep.cli.views.interface import Document, View
from modelkeep.cli.views.layout import BLANK, NOTHING, Block, Line, Stack, Table, Tree, short, stages, text
from modelkeep.cli.views.text_lines import line, seconds
from modelkeep.domain.answers.reports import Diff, Identified, Lineage, LineageNode
from modelkeep.rendering import Clock


class IdentifiedDocument(Document, frozen=True):
    """The versions that some bytes are, and the stages that these held."""

    identified: tuple[Identified, ...]


class IdentifiedView(View, frozen=True):
    """Which versions some bytes are: a row a tenure, or one for a version that never held a stage."""

    rows: Sequence[Identified]
    is_path: bool = False

    def document(self) -> IdentifiedDocument:
        return IdentifiedDocument(tuple(self.rows))

    def lines(self) -> list[str]:
        return [
            line(row.ref, row.stage, seconds(row.since), seconds(row.until), row.state, row.file) for row in self.rows
        ]

    def identifiers(self) -> list[str]:
        return list(dict.fromkeys(row.ref for row in self.rows))

    def table(self, clock: Clock) -> Block:
        rows = []
        for row in self.rows:
            since = None if row.since is None else clock.minute(row.since)
            until = clock.minute(row.until) if row.until is not None else "now" if row.stage else None
            rows.append([text(row.ref, "bold"), *map(text, (row.stage, since, until, row.state, row.file))])
        return Table(("ref", "stage", "since", "until", "state", "file"), rows, fold=("ref", "file"))

    def notes(self) -> list[str]:
        never = self.is_path and all(row.stage is None for row in self.rows)
        return ["it never held a stage"] if never else []


class DiffDocument(Diff, Document, frozen=True):
    """Versions side by side: only what differs."""


class DiffView(View, frozen=True):
    """What differs between versions: a row a difference, a column a version."""

    diff: Diff

    def document(self) -> DiffDocument:
        return DiffDocument.of(self.diff)

    def lines(self) -> list[str]:
        return [line(row.section, row.key, *row.values, row.note) for row in self.diff.rows]

    def identifiers(self) -> list[str]:
        return [f"{row.section}.{row.key}" for row in self.diff.rows]

    def table(self, clock: Clock) -> Block:
        if self.diff.same:
            return NOTHING
        with_notes = any(row.note for row in self.diff.rows)
        rows, section = [], None
        for row in self.diff.rows:
            heading = BLANK if row.section == section else text(row.section, "bold")
            note = [text(row.note) if row.note else BLANK] if with_notes else []
            rows.append([heading, text(row.key), *(text(short(value)) for value in row.values), *note])
            section = row.section
        return Table(("", "", *self.diff.refs, *([" "] if with_notes else [])), rows, fold=("", *self.diff.refs, " "))

    def notes(self) -> list[str]:
        return [f"{' and '.join(self.diff.refs)} do not differ"] if self.diff.same else []


class LineageDocument(Lineage, Document, frozen=True):
    """What made a node of the lineage, and what was made from it."""


class LineageView(View, frozen=True):
    """A lineage: in a pipe its edges from cause to result, on a terminal a tree up and a tree down."""

    lineage: Lineage

    def document(self) -> LineageDocument:
        return LineageDocument.of(self.lineage)

    def lines(self) -> list[str]:
        return [line(each.source, each.relation, each.target) for each in self.lineage.edges]

    def identifiers(self) -> list[str]:
        return [each.id for each in self.lineage.nodes]

    def table(self, clock: Clock) -> Block:
        labels = {node.id: _node_label(node) for node in self.lineage.nodes}
        trees = [tree for tree in (self._tree(labels, up=True), self._tree(labels, up=False)) if tree.branches]
        return Stack(trees) if trees else labels[self.lineage.root] + text("  nothing was found", "dim")

    def _tree(self, labels: Mapping[str, Line], *, up: bool) -> Tree:
        """Return what made the root (``up``) or what was made from it; a node that comes again has no branches."""
        neighbours: dict[str, list[tuple[str, str]]] = {}
        for edge in self.lineage.edges:
            here, there = (edge.target, edge.source) if up else (edge.source, edge.target)
            neighbours.setdefault(here, []).append((there, edge.relation))
        root = self.lineage.root
        tree = Tree(labels[root] + text("  made from" if up else "  went into", "dim"))
        drawn, waiting = {root}, [(tree, root)]
        while waiting:
            parent, name = waiting.pop(0)
            for other, relation in neighbours.get(name, ()):
                again = "  (above)" if other in drawn else ""
                branch = Tree(labels[other] + text(f"  {relation.replace('_', ' ')}{again}", "dim"))
                parent.branches.append(branch)
                if other not in drawn:
                    drawn.add(other)
                    waiting.append((branch, other))
        return tree


def _node_label(node: LineageNode) -> Line:
    label = text(node.id, "bold")
    if node.stages:
        label = label + text("  ", "") + stages(node.stages)
    # A version that holds a stage is live, which the stage says; that it is bad the stage does not say.
    if node.state and not (node.stages and node.state == "live"):
        label = label + text("  ", "") + text(node.state)
    return label
