"""`lineage` walks from causes to results and back; `identify` finds the versions that have some bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from modelkeep.domain.answers.reports import Identified, Lineage, LineageEdge, LineageNode
from modelkeep.domain.refs import CodeNode, DataNode, DeploymentNode, Node, Ref, RunNode, parse_digest
from modelkeep.domain.stages import Stages
from modelkeep.errors import Conflict, NotFound
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import history, version_states
from modelkeep.store.db.sql import lineage as identifying
from modelkeep.store.db.sql import lineage as lineages
from modelkeep.store.db.sql.lineage import DataUse
from modelkeep.store.db.sql.references import name_of, resolve
from modelkeep.store.db.sql.version_states import holders
from modelkeep.store.db.sql.version_states import stages as stages_of


class _Place(Struct, frozen=True):
    """A node while the graph is walked; ``version`` (model and number) of a version here."""

    id: str
    kind: str
    version: tuple[int, int] | None = None
    data: tuple[str, str | None] | None = None


#: The neighbours of a node in one direction, and the words for how they are related.
_Step = Callable[[_Place], Sequence[tuple[_Place, str]]]


def identify(reader: Reader, digests: Sequence[str], at: int | None = None) -> tuple[Identified, ...]:
    """Return a line for each tenure of each version that has these bytes, and one for those that never held a stage.

    A digest is ``sha256:`` with 8 to 64 hex digits, of a version or of a file in one. ``NotFound``
    where no version has any of them.
    """
    stages = stages_of(reader, at)
    hits = [hit for digest in digests for hit in identifying.hits(reader, at, str(parse_digest(digest)))]
    if not hits:
        message = f"no version has these bytes: {', '.join(digests)}"
        raise NotFound(message, "modelkeep register NAME PATH")
    found: list[Identified] = []
    for hit in dict.fromkeys(hits):
        name = name_of(reader, at, hit.model)
        ref, state = f"{name}@{hit.number}", _state(reader, at, stages, hit.model, hit.number)[0]
        held = history.tenures(reader, at, model=hit.model, version=hit.number)
        if not held:
            found.append(Identified(ref, None, None, None, state, hit.file, hit.digest))
        found += [
            Identified(ref, tenure.stage, tenure.since, tenure.until, state, hit.file, hit.digest)
            for tenure in reversed(held)
        ]
    return tuple(found)


def lineage(
    reader: Reader,
    at: int | None,
    node: Node,
    *,
    up: bool = True,
    down: bool = True,
    depth: int | None = None,
) -> Lineage:
    """Return what made a node and what was made from it, ``depth`` steps in each direction.

    Every node once, edges from cause to result, cycles or not. A bare name is its latest version.
    ``NotFound`` for a node that nothing names.
    """
    walk = _Walk(reader, at, stages_of(reader, at))
    root = walk.root(node)
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

    def __init__(self, reader: Reader, at: int | None, stages: Stages) -> None:
        self.reader = reader
        self.at = at
        self.stages = stages

    def root(self, node: Node) -> _Place:
        """Return the node to begin at; ``NotFound`` where nothing names it."""
        match node:
            case Ref():
                found = resolve(self.reader, self.at, node, self.stages)
                number = (
                    version_states.latest(self.reader, self.at, found.model) if found.number is None else found.number
                )
                if number is None:
                    message = f"{found.name} has no version that is neither archived, deleted nor bad"
                    raise NotFound(message, f"modelkeep list {found.name} --all")
                return self.version(found.model, number)
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
        state, stages = _state(self.reader, self.at, self.stages, *place.version)
        return LineageNode(place.id, place.kind, state, stages)

    def causes(self, place: _Place) -> Sequence[tuple[_Place, str]]:
        """Return what went into a node; only versions are made of something."""
        if place.version is None:
            return ()
        made = lineages.made_of(self.reader, self.at, *place.version)
        found = [(_data_place(use), _relation(use)) for use in made.data]
        if made.commit is not None:
            found.append((_Place(f"code:{made.commit}", "code"), "built_from"))
        found += [(_Place(f"run:{run.id}", "run"), "tracked_by") for run in made.runs]
        for parent in made.parents:
            if parent.model is not None and parent.number is not None:
                found.append((self.version(parent.model, parent.number), "derived_from"))
            elif parent.location is not None:
                found.append((_Place(parent.location, "uri"), "derived_from"))
        return found

    def results(self, place: _Place) -> Sequence[tuple[_Place, str]]:
        """Return what was made from a node."""
        reader, at = self.reader, self.at
        match place.kind:
            case "version" if place.version is not None:
                made = lineages.child_versions(reader, at, *place.version)
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


def _data_place(use: DataUse) -> _Place:
    version = use.version or use.node.removeprefix(f"data:{use.name}").removeprefix("@") or None
    return _Place(use.node, "data", data=(use.name, version))


def _relation(use: DataUse) -> str:
    return "trained_on" if use.role in (None, "train") else f"used_as_{use.role}"


def _state(reader: Reader, at: int | None, stages: Stages, model: int, number: int) -> tuple[str, tuple[str, ...]]:
    holding = holders(reader, at, model, stages)
    there = version_states.standing(reader, at, model, (number, number), holding)
    return there.state(number), there.stages.get(number, ())
