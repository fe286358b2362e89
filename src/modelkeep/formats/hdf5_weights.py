"""The datasets of an HDF5 file as tensors, and the problems that its users should know."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from modelkeep.domain.known_documents import Problem, Tensor
from modelkeep.formats.findings import dtypes, facts, few, problems, tensor
from modelkeep.formats.hdf5_tree import Dataset, Tree


class Weights(NamedTuple):
    """Tensors, how many numbers they hold, and what is wrong with their file."""

    facts: tuple[tuple[str, str], ...] = ()
    tensors: tuple[Tensor, ...] = ()
    problems: tuple[Problem, ...] = ()


def weights_of(tree: Tree, datasets: Iterable[Dataset]) -> Weights:
    """Return some datasets of a file as tensors, none of a file that was not read to its end."""
    found = [] if tree.unread else list(datasets)
    unread = [f"it was not read to its end: {tree.unread[0]}"] if tree.unread else []
    return Weights(
        facts(
            tensors=len(found) or None,
            parameters=sum(math.prod(each.shape) for each in found) if found else None,
            dtypes=dtypes(each.dtype for each in found),
        ),
        few(tensor(each.path, each.dtype, each.shape) for each in found),
        (*problems("dangerous", tree.outside), *problems("unverified", unread)),
    )
