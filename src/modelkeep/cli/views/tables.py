"""Answers drawn for a terminal: aligned, coloured by stage, with relative times and human sizes."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from modelkeep.cli.terminal import Screen, pairs, short, stages, table, text
from modelkeep.cli.views.detail_views import Sheets
from modelkeep.cli.views.reads import column
from modelkeep.domain.answers.care import Cleaned, Diagnosis
from modelkeep.domain.answers.records import AuditEntry, Identity
from modelkeep.domain.answers.relations import Diff, Identified, Lineage, LineageNode
from modelkeep.domain.answers.versions import Holder, ModelRow, Tenure, VersionRow
from modelkeep.domain.stages import DEVELOPMENT
from modelkeep.rendering.sizes import human_size

__all__ = ["Screen", "Tables"]


class Tables(Sheets):
    """Draws rows; what is one thing and fills a page is drawn by ``Sheets``."""

    def models(self, rows: Sequence[ModelRow], order: Sequence[str], *, cut: bool = False) -> RenderableType:
        """Return the matrix: a row a model and a column a stage.

        The busiest is first, but where the rows are ``cut`` they stay in the order of their names.
        """
        made = table("model", DEVELOPMENT, *order, fold=("model",))
        for row in rows if cut else sorted(rows, key=_last_moved, reverse=True):
            held = {each.stage: each for each in row.holders}
            name = text(row.name, "dim" if row.archived else "bold")
            made.add_row(name, self._in_development(row), *(self._cell(held.get(stage)) for stage in order))
        return made if rows else Group()

    def _in_development(self, row: ModelRow) -> Text:
        found = row.development
        if found is None:
            return text("-")
        more = f" (+{found.more})" if found.more else ""
        return text(f"{found.version}  {self.screen.ago(found.since)}{more}", "cyan")

    def _cell(self, held: Holder | None) -> Text:
        if held is None:
            return text("-")
        shares = "".join(f"  ~ {each.version} at {each.share}%" for each in held.shares)
        made = text(held.version, "bold" if held.stage != "production" else "bold green")
        return made.append_text(text(f"  {self.screen.ago(held.since)}{shares}", "default"))

    def versions(self, rows: Sequence[VersionRow], keys: Sequence[str] = ()) -> RenderableType:
        """Return versions, a row each."""
        if not rows:
            return Group()
        if keys:
            made = table(*keys, fold=tuple(keys))
            for row in rows:
                made.add_row(*(self._value(row, key) for key in keys))
            return made
        return self.version_table(rows)

    def _value(self, row: VersionRow, key: str) -> Text:
        value = column(row, key)
        if key == "created":
            return text(self.screen.ago(row.created))
        if key == "size_bytes":
            return text(human_size(row.size_bytes))
        if isinstance(value, bool):
            return text("yes" if value else "no")
        return text(", ".join(map(str, value)) if isinstance(value, tuple) else value)

    def tenures(self, rows: Sequence[Tenure]) -> RenderableType:
        """Return what was live when, and why it ended."""
        return self.tenure_table(rows) if rows else Group()

    def entries(self, rows: Sequence[AuditEntry]) -> RenderableType:
        """Return the log as sentences."""
        return Group(*(self.entry(row) for row in rows))

    def identified(self, rows: Sequence[Identified]) -> RenderableType:
        """Return which versions some bytes are, and what they were when."""
        made = table("ref", "stage", "since", "until", "state", "file", fold=("ref", "file"))
        for row in rows:
            until = self.screen.minute(row.until, "now" if row.stage else "-")
            made.add_row(
                text(row.ref, "bold"),
                text(row.stage),
                text(self.screen.minute(row.since)),
                text(until),
                text(row.state),
                text(row.file),
            )
        return made

    def diff(self, found: Diff) -> RenderableType:
        """Return what differs, a column a version."""
        if not found.rows:
            return Group()
        notes = any(row.note for row in found.rows)
        made = table("", "", *found.refs, *([" "] if notes else []), fold=("", *found.refs, " "))
        section = None
        for row in found.rows:
            head = text(row.section, "bold") if row.section != section else Text("")
            note = [text(row.note) if row.note else Text("")] if notes else []
            made.add_row(head, text(row.key), *(text(short(value)) for value in row.values), *note)
            section = row.section
        return made

    def lineage(self, found: Lineage) -> RenderableType:
        """Return the graph as a tree: what made it above, what was made from it below."""
        drawn = [self._tree(found, up=True), self._tree(found, up=False)]
        branches = [tree for tree in drawn if tree.children]
        if branches:
            return Group(*branches)
        root = next((each for each in found.nodes if each.id == found.root), None)
        return _node(root, found.root).append("  nothing was found", style="dim")

    def _tree(self, found: Lineage, *, up: bool) -> Tree:
        nodes = {each.id: each for each in found.nodes}
        beside: dict[str, list[tuple[str, str]]] = {}
        for edge in found.edges:
            here, there = (edge.target, edge.source) if up else (edge.source, edge.target)
            beside.setdefault(here, []).append((there, edge.relation))
        way = "made from" if up else "went into"
        root = Tree(_node(nodes.get(found.root), found.root).append(f"  {way}", style="dim"), guide_style="dim")
        seen = {found.root}
        open_: list[tuple[Tree, str]] = [(root, found.root)]
        while open_:
            tree, name = open_.pop(0)
            for other, relation in beside.get(name, ()):
                label = _node(nodes.get(other), other).append(f"  {relation.replace('_', ' ')}", style="dim")
                branch = tree.add(label if other not in seen else label.append("  (above)", style="dim"))
                if other not in seen:
                    seen.add(other)
                    open_.append((branch, other))
        return root

    def settings(self, items: Sequence[tuple[str, str | None, str]]) -> RenderableType:
        """Return each setting with its origin."""
        made = table("setting", "value", "from", fold=("value", "from"))
        for key, value, origin in items:
            made.add_row(text(key, "bold"), text(value), text(origin))
        return made

    def garbage(self, found: Cleaned) -> RenderableType:
        """Return what was removed, and why."""
        if not found.garbage:
            return Group()
        made = table("what", "size", "why", fold=("what", "why"))
        for each in found.garbage:
            made.add_row(text(short(each.place)), text(human_size(each.size_bytes)), text(each.reason))
        return made

    def diagnosis(self, found: Diagnosis) -> RenderableType:
        """Return each finding, and what to do about it below."""
        made = table("", "what", "where", "", fold=("where", ""))
        styles = {"ok": "green", "warning": "yellow", "error": "bold red"}
        for each in found.findings:
            said = text(each.message)
            if each.hint is not None:
                said.append("\n").append_text(text(f"-> {each.hint}", "bold"))
            made.add_row(text(each.severity, styles[each.severity]), text(each.code), text(each.place), said)
        return made

    def identity(self, found: Identity) -> RenderableType:
        """Return who the log would say this is."""
        made = pairs()
        claims = f" (claims {found.claimed})" if found.claimed else ""
        made.add_row("the log says", text(f"{found.user}{claims}"))
        made.add_row("uid", text(f"{found.uid}{' in a user namespace' if found.user_namespace else ''}"))
        made.add_row("host", text(found.host))
        return made


def _last_moved(row: ModelRow) -> tuple[str, str]:
    moved = [held.since for held in row.holders]
    if row.development is not None:
        moved.append(row.development.since)
    return max(moved, default=row.created), row.name


def _node(node: LineageNode | None, name: str) -> Text:
    made = text(name, "bold")
    if node is not None and node.stages:
        made.append("  ").append_text(stages(node.stages))
    # That it is live is what holding a stage means; that it is bad is not.
    if node is not None and node.state and not (node.stages and node.state == "live"):
        made.append("  ").append_text(text(node.state))
    return made
