"""`lineage` walks from a version, data, a commit or a run to what made it and to what was made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from shlex import quote
from typing import TypeAlias

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.answers.pages import Dataset
from modelkeep.domain.answers.reports import Lineage, LineageEdge, LineageNode
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.refs import CodeNode, DataNode, Node, Ref, RunNode, parse_node
from modelkeep.errors import Conflict, NotFound
from modelkeep.reads.references import version_or_latest
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import lineage as select
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.version_states import standing


class _VersionNode(Struct, frozen=True):
    """A version of this registry."""

    model: int
    number: int
    ref: str

    def __str__(self) -> str:
        return self.ref


class _Address(Struct, frozen=True):
    """A parent that is elsewhere."""

    uri: str

    def __str__(self) -> str:
        return self.uri


#: A node of the graph; its text is its id.
_Place: TypeAlias = _VersionNode | DataNode | CodeNode | RunNode | _Address
#: The neighbours of a node in one direction, and the words for how they are related.
_Step: TypeAlias = Callable[[_Place], Sequence[tuple[_Place, str]]]

_KINDS = {_VersionNode: "version", DataNode: "data", CodeNode: "code", RunNode: "run", _Address: "uri"}


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
        root = _root(context, reader, at, parsed)
        places: dict[str, _Place] = {str(root): root}
        edges: dict[LineageEdge, None] = {}
        if up:
            for place, cause, relation in _reached(root, partial(_causes, reader, at), depth):
                places.setdefault(str(cause), cause)
                edges[LineageEdge(str(cause), str(place), relation)] = None
        if down:
            for place, result, relation in _reached(root, partial(_results, reader, at), depth):
                places.setdefault(str(result), result)
                edges[LineageEdge(str(place), str(result), relation)] = None
        return Lineage(str(root), tuple(_answer(reader, at, place) for place in places.values()), tuple(edges))


def _root(context: Context, reader: Reader, at: int | None, node: Node) -> _Place:
    """Return the node to begin at; ``NotFound`` where nothing names it."""
    match node:
        case Ref():
            try:
                found = version_or_latest(reader, node, context.say, at)
            except NotFound as error:
                data = DataNode(node.name or "", None if node.selector is None else str(node.selector))
                if _results(reader, at, data):
                    raise NotFound(error.message, f"modelkeep lineage {quote(str(data))}") from None
                raise
            return _VersionNode(found.model, found.number or 0, found.ref)
        case CodeNode():
            commits = select.commits(reader, at, node.commit)
            if len(commits) > 1:
                message = f"{node} means several commits: {', '.join(commits)}"
                raise Conflict(message, f"modelkeep lineage code:{commits[0]}")
            if commits:
                return CodeNode(commits[0])
        case DataNode() | RunNode():
            if _results(reader, at, node):
                return node
    message = f"no version was made from {node}"
    raise NotFound(message, "modelkeep lineage REF        (what a version was made from)")


def _reached(root: _Place, step: _Step, depth: int | None) -> Iterator[tuple[_Place, _Place, str]]:
    """Walk one way from the root, breadth first; yield each node with each neighbour and how they are related."""
    seen, outermost, steps = {str(root)}, [root], 0
    while outermost and (depth is None or steps < depth):
        steps += 1
        following: list[_Place] = []
        for place in outermost:
            for neighbour, relation in step(place):
                yield place, neighbour, relation
                if str(neighbour) not in seen:
                    seen.add(str(neighbour))
                    following.append(neighbour)
        outermost = following


def _causes(reader: Reader, at: int | None, place: _Place) -> Sequence[tuple[_Place, str]]:
    """Return what went into a node; only versions are made of something."""
    if not isinstance(place, _VersionNode):
        return ()
    version = {"model": place.model, "number": place.number}
    found: list[tuple[_Place, str]] = [(_data_node(use), _relation(use)) for use in select.data(reader, **version)]
    commit = select.commit(reader, **version)
    if commit is not None:
        found.append((CodeNode(commit), "built_from"))
    found += [(RunNode(run.id), "tracked_by") for run in select.runs(reader, at, **version)]
    for parent, ids in select.parents(reader, at, **version):
        if parent.ref is not None and ids is not None:
            found.append((_VersionNode(*ids, parent.ref), "derived_from"))
        elif parent.location is not None:
            found.append((_Address(parent.location), "derived_from"))
    return found


def _results(reader: Reader, at: int | None, place: _Place) -> Sequence[tuple[_Place, str]]:
    """Return what was made from a node; of data without a version, first all versions of it."""
    relation = "derived_from"
    match place:
        case _VersionNode():
            made = select.children(reader, at, place.model, place.number)
        case CodeNode():
            made, relation = select.from_code(reader, at, place.commit), "built_from"
        case RunNode():
            made, relation = select.from_run(reader, at, place.id), "tracked_by"
        case DataNode():
            found: dict[tuple[_Place, str], None] = {}
            for model, number, use in select.from_data(reader, at, place.name, place.version):
                if place.version is None and use.node != str(place):
                    found[_data_node(use), "version_of"] = None
                else:
                    found[_version_node(reader, at, model, number), _relation(use)] = None
            return list(found)
        case _Address():
            return ()
    return [(_version_node(reader, at, *version), relation) for version in made]


def _answer(reader: Reader, at: int | None, place: _Place) -> LineageNode:
    """Return a node for the answer; a version with its state and stages."""
    kind = _KINDS[type(place)]
    if not isinstance(place, _VersionNode):
        return LineageNode(str(place), kind)
    there = standing(reader, at, place.model, place.number, place.number)
    return LineageNode(place.ref, kind, there.state(place.number), there.stages.get(place.number, ()))


def _version_node(reader: Reader, at: int | None, model: int, number: int) -> _VersionNode:
    return _VersionNode(model, number, f"{name_of(reader, at, model)}@{number}")


def _data_node(use: Dataset) -> DataNode:
    return DataNode(use.name, use.node.removeprefix(f"data:{use.name}").removeprefix("@") or None)


def _relation(use: Dataset) -> str:
    return "trained_on" if use.role in (None, "train") else f"used_as_{use.role}"
