"""The nodes of the lineage, and one step from each: to what went into it, and to what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from modelkeep.domain import relations
from modelkeep.domain.answers.pages import Dataset
from modelkeep.domain.nodes import CodeNode, DataNode, DeploymentNode, EnvironmentNode, RunNode
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import datasets, graph
from modelkeep.store.db.sql import lineage as select
from modelkeep.store.db.sql.references import name_of

#: How many digits name an environment in an answer.
_DIGITS = 12


class VersionNode(Struct, frozen=True):
    """A version of this registry."""

    model: int
    number: int
    ref: str

    def __str__(self) -> str:
        return self.ref


class Address(Struct, frozen=True):
    """A parent that is elsewhere."""

    uri: str

    def __str__(self) -> str:
        return self.uri


#: A node of the graph; its text is its id.
Place: TypeAlias = VersionNode | DataNode | CodeNode | RunNode | EnvironmentNode | DeploymentNode | Address


class Neighbour(Struct, frozen=True):
    """A node beside another, and the word for how they are related.

    ``is_dead_end``: a walk does not go on from it. ``is_cause``: a walk to the results met what went into the node.
    """

    place: Place
    relation: str
    is_dead_end: bool = False
    is_cause: bool = False


class Steps:
    """The steps from a node on one snapshot, as of entry ``at``."""

    def __init__(self, reader: Reader, at: int | None) -> None:
        self._reader = reader
        self._at = at
        self._names: dict[int, str] = {}
        self._environments: dict[str, str] = {}

    def causes(self, place: Place) -> Sequence[Neighbour]:
        """Return what went into a node."""
        match place:
            case VersionNode():
                return self._causes_of_version(place)
            case DataNode():
                return self._causes_of_data(place)
            case DeploymentNode():
                rows = graph.AT_TARGET.rows(self._reader, self._at, target=place.target)
                return [Neighbour(self._version(row[0], row[1]), relations.RUNS_AT) for row in rows]
            case _:
                return ()

    def results(self, place: Place) -> Sequence[Neighbour]:
        """Return what came of a node; of data without a version first all versions of it."""
        reader, at = self._reader, self._at
        match place:
            case VersionNode():
                return self._results_of_version(place)
            case DataNode():
                return self._results_of_data(place)
            case CodeNode():
                made, relation = select.from_code(reader, at, place.commit), relations.CODE
            case RunNode():
                made, relation = select.from_run(reader, at, place.id), relations.RUN
            case EnvironmentNode():
                digest = self._environments.get(place.hex_prefix, "")
                made, relation = graph.from_environment(reader, at, digest), relations.ENVIRONMENT
            case _:
                return ()
        return [Neighbour(self._version(*version), relation) for version in made]

    def is_known(self, place: DataNode | RunNode | DeploymentNode) -> bool:
        """Tell whether anything names a node."""
        return bool(
            self.results(place) or self.causes(place) or (isinstance(place, DataNode) and self._recorded(place))
        )

    def versions_of(self, place: DataNode | RunNode | DeploymentNode) -> list[Neighbour]:
        """Return the versions of the dataset that a node names a version of, by name."""
        found = self._results_of_data(DataNode(place.name, None)) if isinstance(place, DataNode) else []
        return [each for each in found if each.relation == relations.VERSION_OF]

    def environment(self, digest: str) -> EnvironmentNode:
        """Return the node of an environment, by the first digits of its digest."""
        digits = digest.removeprefix("sha256:")[:_DIGITS]
        self._environments[digits] = digest
        return EnvironmentNode(digits)

    def _causes_of_version(self, place: VersionNode) -> list[Neighbour]:
        reader, at = self._reader, self._at
        key = {"model": place.model, "number": place.number}
        found = [Neighbour(_node(use), relations.of_role(use.role)) for use in select.data(reader, **key)]
        commit, environment = select.commit(reader, **key), graph.environment(reader, at, **key)
        if commit is not None:
            found.append(Neighbour(CodeNode(commit), relations.CODE))
        found += [Neighbour(RunNode(run.id), relations.RUN) for run in select.runs(reader, at, **key)]
        if environment is not None:
            found.append(Neighbour(self.environment(environment), relations.ENVIRONMENT))
        for parent, ids in select.parents(reader, at, **key):
            relation = relations.of_derivation(parent.derived_by)
            if parent.ref is not None and ids is not None:
                found.append(Neighbour(VersionNode(*ids, parent.ref), relation))
            elif parent.location is not None:
                found.append(Neighbour(Address(parent.location), relation))
        return found

    def _results_of_version(self, place: VersionNode) -> list[Neighbour]:
        reader, at = self._reader, self._at
        key = {"model": place.model, "number": place.number}
        found = [
            Neighbour(self._version(model, number), relations.of_derivation(word))
            for model, number, word in dict.fromkeys(select.derived(reader, at, **key))
        ]
        for name, version, digest in graph.EVALUATED_ON.rows(reader, at, **key):
            data = _data(name, version, digest)
            found.append(Neighbour(data, relations.EVALUATED, is_dead_end=True, is_cause=True))
        targets = graph.TARGETS.rows(reader, at, **key)
        return [*found, *(Neighbour(DeploymentNode(target), relations.RUNS_AT) for (target,) in targets)]

    def _causes_of_data(self, place: DataNode) -> list[Neighbour]:
        reader, at = self._reader, self._at
        same = graph.same_bytes(reader, at, place.name, place.version)
        found = [Neighbour(DataNode(*each), relations.SAME) for each in same]
        if place.version is None or not self._recorded(place):
            return found
        made_from = datasets.parents(reader, place.name, place.version)
        return [*found, *(Neighbour(_data(*each), relations.MADE) for each in made_from)]

    def _results_of_data(self, place: DataNode) -> list[Neighbour]:
        reader, at = self._reader, self._at
        found: dict[Neighbour, None] = {}
        if place.version is None:
            for row in datasets.OF_NAME.rows(reader, at, name=place.name):
                found[Neighbour(DataNode(place.name, row[1]), relations.VERSION_OF)] = None
            for name, version, digest, _ in datasets.MENTIONED_OF_NAME.rows(reader, at, name=place.name):
                if (each := _data(name, version, digest)) != place:
                    found[Neighbour(each, relations.VERSION_OF)] = None
        else:
            for same in self._named_with_bytes_of(place):
                found[Neighbour(same, relations.SAME)] = None
        for model, number, use in select.from_data(reader, at, place.name, place.version):
            if place.version is None and use.node != str(place):
                found[Neighbour(_node(use), relations.VERSION_OF)] = None
            else:
                found[Neighbour(self._version(model, number), relations.of_role(use.role))] = None
        for child in datasets.children(reader, at, place.name, place.version):
            found[Neighbour(DataNode(*child), relations.MADE)] = None
        for version in datasets.evaluated(reader, at, place.name, place.version):
            found[Neighbour(self._version(*version), relations.EVALUATED, is_dead_end=True)] = None
        return list(found)

    def _named_with_bytes_of(self, place: DataNode) -> list[DataNode]:
        row = self._recorded(place)
        if row is None:
            return []
        named = graph.named_with(self._reader, self._at, row[0], row[1])
        return [node for node in (_data(*each) for each in named) if node != place]

    def _recorded(self, place: DataNode) -> tuple[str | None, str | None] | None:
        """Return digest and checksum of a dataset that was recorded."""
        if place.version is None:
            return None
        row = graph.OF_DATASET.row(self._reader, self._at, name=place.name, version=place.version)
        return None if row is None else (row[0], row[1])

    def _version(self, model: int, number: int) -> VersionNode:
        if model not in self._names:
            self._names[model] = name_of(self._reader, self._at, model)
        return VersionNode(model, number, f"{self._names[model]}@{number}")


def _node(use: Dataset) -> DataNode:
    return _data(use.name, use.version, use.digest)


def _data(name: str, version: str | None, digest: str | None) -> DataNode:
    node = select.data_node(name, version, digest)
    return DataNode(name, node.removeprefix(f"data:{name}").removeprefix("@") or None)
