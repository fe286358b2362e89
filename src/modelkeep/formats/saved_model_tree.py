"""TensorFlow's SavedModel as a directory: the graph, the variables and the assets that belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelkeep.domain.known_documents import FileInspection, Part, Problem
from modelkeep.formats.interface import Budget, FoundInTree, ModelFile

_GRAPH = "saved_model.pb"


def inspect(files: Mapping[str, ModelFile], found: Mapping[str, FileInspection], budget: Budget) -> FoundInTree | None:
    """Return the parts of the first SavedModel among the files, and what is missing."""
    budget.check()
    graph = min((path for path in files if path.rpartition("/")[2] == _GRAPH), default=None)
    if graph is None:
        return None
    root = graph.removesuffix(_GRAPH)
    tensors = found[graph].fact("tensors") if graph in found else None
    problems: tuple[Problem, ...] = ()
    if tensors not in {None, "0"} and f"{root}variables/variables.index" not in files:
        problems = (Problem("invalid", f"it has {tensors} variables, and no file variables/variables.index"),)
    return FoundInTree("saved-model", parts=tuple(_parts(root, graph, sorted(files))), problems=problems)


def _parts(root: str, graph: str, paths: list[str]) -> Iterator[Part]:
    yield Part("graph", _GRAPH, paths=(graph,))
    for role, directory in (("weights", "variables"), ("assets", "assets")):
        below = tuple(path for path in paths if path.startswith(f"{root}{directory}/"))
        if below:
            yield Part(role, directory, paths=below)
