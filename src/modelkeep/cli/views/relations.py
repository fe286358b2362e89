"""What `identify`, `diff` and `lineage` print: which versions bytes are, what differs, what was made from what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace

from modelkeep.cli.views.interface import View, line, to_seconds
from modelkeep.cli.views.layout import short, stack, stages, table, text, text_lines, tree
from modelkeep.domain.answers.reports import Diff, DiffRow, Identified, Lineage, LineageNode
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.json_values import to_text
from modelkeep.domain.relations import EVALUATED, in_words
from modelkeep.rendering import Clock, signed, six_digits, told_apart, visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from modelkeep.cli.views.renderables import Tree


#: Changes that a percentage with two decimals tells; larger ones are read from the values.
_LEAST_CHANGE, _MOST_CHANGE = 0.00005, 10.0


class IdentifiedView(View, frozen=True):
    """The versions that some bytes are, and the stages that these held."""

    as_of: AsOf | None
    identified: Sequence[Identified]

    def lines(self) -> list[str]:
        return [
            line(
                row.ref,
                row.stage,
                to_seconds(row.since),
                to_seconds(row.until),
                row.state,
                row.file,
                row.share,
                row.runs_at,
            )
            for row in self.identified
        ]

    def identifiers(self) -> list[str]:
        return list(dict.fromkeys(row.ref for row in self.identified))

    def table(self, clock: Clock) -> RenderableType:
        rows, runs_somewhere = [], any(row.runs_at for row in self.identified)
        for row in self.identified:
            since = None if row.since is None else clock.minute(row.since)
            until = clock.minute(row.until) if row.until is not None else "now" if row.stage else None
            stage = row.stage if row.share is None else f"{row.stage} {row.share:g}%"
            runs = [", ".join(row.runs_at)] if runs_somewhere else []
            rows.append([text(row.ref, "bold"), stage, since, until, row.state, row.file, *runs])
        columns = ("ref", "stage", "since", "until", "state", "file", *(["runs at"] if runs_somewhere else []))
        return table(columns, rows, fold=("file", "runs at"), drop=("until", "since"))


class DiffView(View, frozen=True):
    """Versions side by side: only what differs."""

    record_field = "rows"
    answer: Diff

    def lines(self) -> list[str]:
        """Return a line for each difference, the first of them which versions these are."""
        rows = [
            line(row.section, row.key, *_values(row), _differences(row), _changes(row), _words(row.verdicts))
            for row in self.answer.rows
        ]
        return [line("version", "ref", *self.answer.refs, None, None, None), *rows] if rows else []

    def record_document(self, form: str) -> dict[str, Any]:
        """Return the document with a row more before the others, as the lines have it: which versions these are."""
        if form == "env":
            return self.document()
        refs = DiffRow("version", "ref", self.answer.refs)
        rows = self.answer.rows
        return DiffView(replace(self.answer, rows=(refs, *rows) if rows else ())).document()

    def identifiers(self) -> list[str]:
        return [f"{row.section}.{row.key}" for row in self.answer.rows]

    def table(self, clock: Clock) -> RenderableType:
        shown = [(row, *_shown(row)) for row in self.answer.rows]
        with_differences = any(differences for _, _, differences in shown)
        first, *others = self.answer.refs
        rows = []
        for row, values, differences in shown:
            named = zip(others, differences, strict=True) if len(others) > 1 and differences else ()
            lines = [f"{ref} {each}" for ref, each in named if each != "-"] or differences or [" "]
            cell = [text_lines(lines)] if with_differences else []
            rows.append([text(row.section, "bold"), row.key, *values, *cell])
        difference = "difference" if len(others) <= 1 else f"difference from {first}"
        columns = ("", " ", *self.answer.refs, *([difference] if with_differences else []))
        return table(columns, rows, fold=("", " ", *self.answer.refs), title=2)

    def notes(self) -> list[str]:
        """Return that nothing differs (of a version beside itself the registry has said it), and how the code does."""
        different = dict.fromkeys(self.answer.refs)
        same = [f"{' and '.join(different)} do not differ"] if self.answer.same and len(different) > 1 else []
        return [*same, *([] if self.answer.commits is None else [f"the code: git log --oneline {self.answer.commits}"])]


def _values(row: DiffRow) -> list[str | None]:
    """Return the values of a row as texts: ``null`` where that is the value, None where there is none."""
    return [
        visible(to_text(each)) if each is not None or side in row.nulls else None
        for side, each in enumerate(row.values)
    ]


def _differences(row: DiffRow) -> str | None:
    """Return how much more than the first side each other one is: ``+0.007 -``."""
    return _words([signed(each) for each in row.differences])


def _changes(row: DiffRow) -> str | None:
    """Return which part of the first side each difference is: ``+0.77% -``."""
    return _words([None if each is None else f"{each:+.2%}" for each in row.changes])


def _words(each: Sequence[str | None]) -> str | None:
    """Return a word for each further side, ``-`` where there is none; None where no side has one."""
    return " ".join(word or "-" for word in each) if any(each) else None


def _shown(row: DiffRow) -> tuple[Sequence[str | None], list[str]]:
    """Return the values and the differences of a row; numbers that were measured are rounded."""
    values = _values(row)
    if row.section not in ("metrics", "signals"):
        return [short(each) for each in values], _with_changes(row, [signed(each) for each in row.differences])
    differences = [each and six_digits(each) for each in map(signed, row.differences)]
    return told_apart(values), _with_changes(row, differences)


def _with_changes(row: DiffRow, differences: Sequence[str | None]) -> list[str]:
    """Return each difference as people read it: ``+0.007 (+0.77%) better``, ``-`` where there is none."""
    shown = []
    for side, each in enumerate(differences):
        change = row.changes[side] if row.changes else None
        verdict = row.verdicts[side] if row.verdicts else None
        tells = change is not None and _LEAST_CHANGE <= abs(change) <= _MOST_CHANGE
        parts = [each, f"({change:+.2%})" if tells else None, verdict]
        shown.append(" ".join(part for part in parts if part) or "-")
    return shown if any(differences) else []


class LineageView(View, frozen=True):
    """What made a node of the lineage, and what was made from it; ``text`` is it in a format of another program."""

    undocumented: ClassVar[tuple[str, ...]] = ("text",)
    answer: Lineage
    text: Sequence[str] | None = None

    def lines(self) -> Sequence[str]:
        """Return a line for each edge, with the stages that hold a version at its ends; or the other format."""
        if self.text is not None:
            return self.text
        held = {node.id: node.stages for node in self.answer.nodes}
        return [
            line(each.source, each.relation, each.target, held.get(each.source, ()), held.get(each.target, ()))
            for each in self.answer.edges
        ]

    def identifiers(self) -> list[str]:
        return [each.id for each in self.answer.nodes]

    def table(self, clock: Clock) -> RenderableType:
        labels = {node.id: _node_label(node) for node in self.answer.nodes}
        trees = [each for each in (self._tree(labels, up=True), self._tree(labels, up=False)) if each.branches]
        return stack(*trees) if trees else stack(labels[self.answer.root])

    def notes(self) -> list[str]:
        """Return that there is more than was followed."""
        if self.answer.complete:
            return []
        return ["warning: there is more than is shown: --up, --down and --depth 2 follow fewer nodes"]

    def _tree(self, labels: Mapping[str, Text], *, up: bool) -> Tree:
        """Return what made the root (``up``) or what was made from it; a node that comes again has no branches."""
        neighbours = self._neighbours(up=up)
        root = self.answer.root
        whole = tree(labels[root] + text("  made from" if up else "  went into", "dim"))
        drawn, waiting = {root}, [(whole, root)]
        while waiting:
            parent, name = waiting.pop(0)
            for other, relation, is_dead_end in neighbours.get(name, ()):
                if is_dead_end and other in drawn:
                    continue
                again = "  (see above)" if other in drawn else ""
                branch = parent.add(labels[other] + text(f"  {in_words(relation)}{again}", "dim"))
                if other not in drawn and not is_dead_end:
                    drawn.add(other)
                    waiting.append((branch, other))
        return whole

    def _neighbours(self, *, up: bool) -> dict[str, list[tuple[str, str, bool]]]:
        """Return what stands below each node in a tree, how they are related, and whether it may stand nowhere else.

        An evaluation is something that was done with a version: it stands below the version, and never above.
        """
        found: dict[str, list[tuple[str, str, bool]]] = {}
        for edge in self.answer.edges:
            is_evaluation = edge.relation == EVALUATED
            if up and not is_evaluation:
                found.setdefault(edge.target, []).append((edge.source, edge.relation, False))
            elif not up:
                found.setdefault(edge.source, []).append((edge.target, edge.relation, False))
                if is_evaluation:
                    found.setdefault(edge.target, []).append((edge.source, edge.relation, True))
        return found


def _node_label(node: LineageNode) -> Text:
    label = text(node.id, "bold")
    if node.stages:
        label += text("  ", "") + stages(node.stages)
    # A version that holds a stage is active, which the stage says; that it is bad the stage does not say.
    if node.state and not (node.stages and node.state == "active"):
        label += text("  ", "") + text(node.state)
    return label
