"""`lineage` walks from a version, data, a commit, a run, an environment or a target to what made it and what it made.

A walk goes one way, breadth first, and meets each node once, in diamonds and circles too. Evaluations are dead ends: what
else was measured on a dataset has nothing to do with a version that was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from shlex import quote
from typing import NamedTuple, TypeAlias

from modelkeep.context import Context
from modelkeep.domain.answers.reports import Lineage, LineageEdge, LineageNode
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.nodes import CodeNode, DataNode, DeploymentNode, EnvironmentNode, Node, RunNode, parse_node
from modelkeep.domain.refs import Ref
from modelkeep.domain.text import printable
from modelkeep.errors import Conflict, NotFound
from modelkeep.reads.lineage_steps import Address, Neighbour, Place, Steps, VersionNode
from modelkeep.reads.references import version_or_latest
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import graph
from modelkeep.store.db.sql import lineage as select
from modelkeep.store.db.sql.version_states import states_of
from modelkeep.store.db.state import SqlState

#: How many nodes are asked for their neighbours in one direction, and how many there may be: a snapshot keeps writers
#: waiting. What used a dataset directly is shown in full, also where it cannot be followed.
MOST_FOLLOWED, MOST_NODES = 2_000, 20_000
_KINDS = {
    VersionNode: "version",
    DataNode: "data",
    CodeNode: "code",
    RunNode: "run",
    EnvironmentNode: "environment",
    DeploymentNode: "deployment",
    Address: "uri",
}
#: How many versions of a dataset a message names.
_SHOWN = 5
#: The neighbours of a node in one direction.
_Step: TypeAlias = Callable[[Place], Sequence[Neighbour]]


class _Edge(NamedTuple):
    source: Place
    target: Place
    relation: str


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

    Every node once, edges from cause to result. A bare name is its latest version. ``NotFound`` for a node that nothing
    names.
    """
    parsed = parse_node(node)
    with snapshot(context, moment) as (reader, at):
        steps = Steps(reader, at)
        root = _root(context, reader, at, steps, parsed)
        edges: dict[_Edge, None] = {}
        whole = True
        if up:
            whole &= _walk(root, steps.causes, depth, partial(_add, edges, up=True))
        if down:
            whole &= _walk(root, steps.results, depth, partial(_add, edges, up=False))
        if not edges and isinstance(root, (DataNode, RunNode, DeploymentNode)) and not steps.is_known(root):
            raise _unknown(root, [str(each.place) for each in steps.versions_of(root)])
        places: dict[str, Place] = {str(root): root}
        for edge in edges:
            for place in (edge.source, edge.target):
                places.setdefault(str(place), place)
        return Lineage(
            str(root),
            tuple(_answers(reader, at, list(places.values()))),
            tuple(LineageEdge(str(each.source), str(each.target), each.relation) for each in edges),
            whole,
            SqlState(reader).registry_id() or "",
        )


def _root(context: Context, reader: Reader, at: int | None, steps: Steps, node: Node) -> Place:
    """Return the node to begin at; ``NotFound`` where nothing names it."""
    match node:
        case Ref():
            try:
                found = version_or_latest(reader, node, context.say, at)
            except NotFound as error:
                data = DataNode(node.name or "", None if node.selector is None else str(node.selector))
                if steps.is_known(data):
                    raise NotFound(error.message, f"modelkeep lineage {quote(str(data))}") from None
                raise
            return VersionNode(found.model, found.number or 0, found.ref)
        case CodeNode():
            commits = select.commits(reader, at, node.commit)
            if commits:
                return CodeNode(_only(node, commits))
        case EnvironmentNode():
            bounds = {"low": f"sha256:{node.hex_prefix}", "high": f"sha256:{node.hex_prefix}g"}
            environments = [str(row[0]) for row in graph.ENVIRONMENTS.rows(reader, at, **bounds)]
            if environments:
                digest = _only(node, [each.removeprefix("sha256:") for each in environments])
                return steps.environment(f"sha256:{digest}")
        case DataNode() | RunNode() | DeploymentNode():
            return node  # whether anything names it the walk tells
    raise _unknown(node)


def _unknown(node: Node | Place, known: Sequence[str] = ()) -> NotFound:
    """Return the error for a node that nothing names; ``known`` are other versions of that dataset."""
    at = node.target if isinstance(node, DeploymentNode) else None
    message = f"no version was made from {node}" if at is None else f"nothing runs at {at}"
    if known:
        first, *more = (printable(quote(each)) for each in known[:_SHOWN])
        return NotFound(message, f"modelkeep lineage {first}" + (f"        (or {', '.join(more)})" if more else ""))
    return NotFound(message, "modelkeep lineage REF        (what a version was made from)")


def _only(node: CodeNode | EnvironmentNode, found: Sequence[str]) -> str:
    """Return the only one of some; ``Conflict`` where there are several."""
    if len(found) == 1:
        return found[0]
    kind = str(node).partition(":")[0]
    what = "commits" if isinstance(node, CodeNode) else "environments"
    message = f"{node} means several {what}: {', '.join(found)}"
    raise Conflict(message, f"modelkeep lineage {kind}:{found[0]}")


def _walk(root: Place, step: _Step, depth: int | None, add: Callable[[Place, Neighbour], None]) -> bool:
    """Walk one way from the root, breadth first, and add each neighbour of each node; tell whether that was all."""
    met, seen, outermost, steps, followed = {str(root)}, {str(root)}, [root], 0, 0
    while outermost and (depth is None or steps < depth):
        steps += 1
        following: list[Place] = []
        for place in outermost:
            if followed == MOST_FOLLOWED:
                return False
            followed += 1
            for neighbour in step(place):
                called = str(neighbour.place)
                if called not in met and len(met) == MOST_NODES:
                    return False
                met.add(called)
                if called not in seen and not neighbour.is_dead_end:
                    seen.add(called)
                    following.append(neighbour.place)
                add(place, neighbour)
        outermost = following
    return True


def _add(edges: dict[_Edge, None], place: Place, neighbour: Neighbour, *, up: bool) -> None:
    """Add the edge from cause to result."""
    source, target = (neighbour.place, place) if up or neighbour.is_cause else (place, neighbour.place)
    edges[_Edge(source, target, neighbour.relation)] = None


def _answers(reader: Reader, at: int | None, places: Sequence[Place]) -> list[LineageNode]:
    """Return the nodes for the answer: versions with state and stages, datasets with the time they were recorded."""
    versions = [(each.model, each.number) for each in places if isinstance(each, VersionNode)]
    states = states_of(reader, at, versions)
    found = []
    for place in places:
        kind, time = _KINDS[type(place)], None
        if isinstance(place, VersionNode):
            time = str(reader.one(graph.TIME, model=place.model, number=place.number)[0])
            found.append(LineageNode(place.ref, kind, *states[place.model, place.number], time))
            continue
        if isinstance(place, DataNode) and place.version is not None:
            row = graph.OF_DATASET.row(reader, at, name=place.name, version=place.version)
            time = None if row is None else str(row[2])
        found.append(LineageNode(str(place), kind, time=time))
    return found
