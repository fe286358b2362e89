"""LightGBM: a text that begins with lines of key and value, then one paragraph for each tree.

https://github.com/microsoft/LightGBM/blob/master/src/boosting/gbdt_model_text.cpp. The trees are skipped.
"""

from __future__ import annotations

import re

from modelkeep.domain.known_documents import FileInspection, Interface
from modelkeep.formats.findings import MOST_FIELDS, facts, field, problems
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, OverBudget

_LARGEST_HEADER, _LONGEST_SIZES = 8 << 20, 1 << 20
_LINE = re.compile(rb"^(version|num_class|objective|max_feature_idx|feature_names|tree_sizes)=(.*)$", re.MULTILINE)
_END = b"end of trees"


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the objective, the trees and the features of a model."""
    data = file.read(0, min(file.size, _LARGEST_HEADER))
    budget.check()
    begin = data.find(b"\nTree=")
    end = begin + 1 if begin >= 0 else data.find(_END)
    if end < 0 and file.size > len(data):
        message = f"was not read: its header is longer than {_LARGEST_HEADER} bytes"
        raise OverBudget(message)
    if end < 0:
        message = "has no trees, and no end of them"
        raise Malformed(message)
    pairs = {key.decode(): value.decode("utf-8", "replace").strip() for key, value in _LINE.findall(data, 0, end)}
    listed = pairs.get("tree_sizes", "")
    if len(listed) > _LONGEST_SIZES:
        message = "was not read: it has very many trees"
        raise OverBudget(message)
    sizes = listed.split()
    if not all(size.isascii() and size.isdigit() and len(size) < 16 for size in sizes):
        message = "has sizes of trees that are no numbers"
        raise Malformed(message)
    expected = end + sum(map(int, sizes))
    cut = [] if file.read(expected, len(_END)) == _END else ["its trees do not end where their sizes say"]
    inspection = FileInspection(
        path=file.path,
        format="lightgbm",
        facts=facts(
            format_version=pairs.get("version"),
            architecture="tree",
            objective=pairs.get("objective"),
            trees=len(sizes),
            features=_next(pairs.get("max_feature_idx")),
            classes=pairs.get("num_class") if pairs.get("num_class") != "1" else None,
        ),
        problems=problems("invalid", cut),
    )
    names = pairs.get("feature_names", "").split(" ", MOST_FIELDS)[:MOST_FIELDS]
    inputs = tuple(field(name, "float64") for name in names if name)
    return FoundInFile(inspection, Interface(inputs) if inputs else None)


def _next(index: str | None) -> int | None:
    """Return how many features there are, of which the last has this index."""
    return int(index) + 1 if index is not None and index.isascii() and index.isdigit() and len(index) < 16 else None
