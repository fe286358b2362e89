"""`lineage` walks from a version, data, a commit or a run to what made it and to what was made from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.answers.reports import Lineage, LineageEdge, LineageNode
from modelkeep.domain.answers.versions import AsOf, Dataset
from modelkeep.domain.refs import CodeNode, DataNode, DeploymentNode, Node, Ref, RunNode, parse_node
from modelkeep.errors import Conflict, NotFound
from modelkeep.reads.references import version_or_latest
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import lineage as lineages
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.version_states import standing_of


class _Place(Struct, frozen=True):
    """A node while the graph is walked; ``version`` (model and number) of a version here."""

    id: str
    kind: str
    version: tuple[int, int] | None = None
    data: tuple[str, str | None] | None = None


#: The neighbours of a node in one direction, and the words for how they are related.
_Step = Callable[[_Place], Sequence[tuple[_Place, str]]]


def lineage(
    context: Context,
    node: str,
    moment: str | AsOf | None,
    *,
    up: bool,
    down: bool,
    depth: int | None,
) -> Lineage:
    """Return what made a node and what was made from it, ``depth`` steps in each direction.

    Every node once, edges from cause to result, cycles or not. A bare name is its latest version.
    ``NotFound`` for a node that nothing names.
    """
    parsed = parse_node(node)
    with snapshot(context, moment) as (reader, at):
        walk = _Walk(reader, at)
        root = walk.root(parsed, context)
        edges: dict[LineageEdge, None] = {}
        places: dict[str, _Place] = {root.id: root}
        for wanted, step, upwards in ((up, walk.causes, True), (down, walk.results, False)):
            if wanted:
                _spread(root, step, depth, places, edges, upwards=upwards)
        return Lineage(root.id, tuple(walk.node(place) for place in places.values()), tuple(edges))


def _spread(
    root: _Place,
    step: _Step,
    depth: int | None,
    places: dict[str, _Place],
    edges: dict[LineageEdge, None],
    *,
    upwards: bool,
) -> None:
    """Walk one way from the root, breadth first, and collect nodes and edges."""
    seen, edge_of_search, steps = {root.id}, [root], 0
    while edge_of_search and (depth is None or steps < depth):
        steps += 1
        following: list[_Place] = []
        for place in edge_of_search:
            for neighbour, relation in step(place):
                source, target = (neighbour.id, place.id) if upwards else (place.id, neighbour.id)
                edges[LineageEdge(source, target, relation)] = None
                places.setdefault(neighbour.id, neighbour)
                if neighbour.id not in seen:
                    seen.add(neighbour.id)
                    following.append(neighbour)
        edge_of_search = following


class _Walk:
    """The graph as it was at a moment."""

    def __init__(self, reader: Reader, at: int | None) -> None:
        self.reader = reader
        self.at = at

    def root(self, node: Node, context: Context) -> _Place:
        """Return the node to begin at; ``NotFound`` where nothing names it."""
        match node:
            case Ref():
                found = version_or_latest(self.reader, node, context.say, self.at)
                return _Place(found.ref, "version", version=(found.model, found.number or 0))
            case DataNode():
                place = _Place(str(node), "data", data=(node.name, node.version))
                known = bool(lineages.from_data(self.reader, self.at, node.name, node.version))
            case CodeNode():
                place, known = self._commit(node), True
            case RunNode():
                place = _Place(str(node), "run")
                known = bool(lineages.from_run(self.reader, self.at, node.id))
            case DeploymentNode():
                place, known = _Place(str(node), "deployment"), False
        if not known:
            message = f"nothing here names {node}"
            raise NotFound(message, "modelkeep lineage NAME@VERSION shows what a version was made from")
        return place

    def version(self, model: int, number: int) -> _Place:
        """Return the node of a version."""
        return _Place(f"{name_of(self.reader, self.at, model)}@{number}", "version", version=(model, number))

    def node(self, place: _Place) -> LineageNode:
        """Return a node for the answer; a version with its state and stages."""
        if place.version is None:
            return LineageNode(place.id, place.kind)
        _, number = place.version
        there = standing_of(self.reader, self.at, *place.version)
        return LineageNode(place.id, place.kind, there.state(number), there.stages.get(number, ()))

    def causes(self, place: _Place) -> Sequence[tuple[_Place, str]]:
        """Return what went into a node; only versions are made of something."""
        if place.version is None:
            return ()
        reader, at, version = self.reader, self.at, place.version
        found = [(_data_place(use), _relation(use)) for use in lineages.data(reader, *version)]
        commit = lineages.commit(reader, *version)
        if commit is not None:
            found.append((_Place(f"code:{commit}", "code"), "built_from"))
        found += [(_Place(f"run:{run.id}", "run"), "tracked_by") for run in lineages.runs(reader, at, *version)]
        for parent, ids in lineages.parents(reader, at, *version):
            if parent.ref is not None:
                found.append((_Place(parent.ref, "version", version=ids), "derived_from"))
            elif parent.location is not None:
                found.append((_Place(parent.location, "uri"), "derived_from"))
        return found

    def results(self, place: _Place) -> Sequence[tuple[_Place, str]]:
        """Return what was made from a node."""
        reader, at = self.reader, self.at
        match place.kind:
            case "version" if place.version is not None:
                made = lineages.children(reader, at, *place.version)
                return [(self.version(*child), "derived_from") for child in made]
            case "data" if place.data is not None:
                return self._of_data(place, *place.data)
            case "code":
                made = lineages.from_code(reader, at, place.id.removeprefix("code:"))
                return [(self.version(*child), "built_from") for child in made]
            case "run":
                made = lineages.from_run(reader, at, place.id.removeprefix("run:"))
                return [(self.version(*child), "tracked_by") for child in made]
            case _:
                return ()

    def _of_data(self, place: _Place, name: str, version: str | None) -> list[tuple[_Place, str]]:
        """Return the versions that used data; of data without a version, first all versions of it."""
        found: dict[tuple[_Place, str], None] = {}
        for model, number, use in lineages.from_data(self.reader, self.at, name, version):
            if version is None and use.node != place.id:
                found[_data_place(use), "version_of"] = None
            else:
                found[self.version(model, number), _relation(use)] = None
        return list(found)

    def _commit(self, node: CodeNode) -> _Place:
        commits = lineages.commits(self.reader, self.at, node.commit)
        if not commits:
            message = f"nothing here names {node}"
            raise NotFound(message, "modelkeep lineage NAME@VERSION shows what a version was made from")
        if len(commits) > 1:
            message = f"{node} means several commits: {', '.join(commits)}"
            raise Conflict(message, f"modelkeep lineage code:{commits[0]}")
        return _Place(f"code:{commits[0]}", "code")


def _data_place(use: Dataset) -> _Place:
    version = use.version or use.node.removeprefix(f"data:{use.name}").removeprefix("@") or None
    return _Place(use.node, "data", data=(use.name, version))


def _relation(use: Dataset) -> str:
    return "trained_on" if use.role in (None, "train") else f"used_as_{use.role}"
