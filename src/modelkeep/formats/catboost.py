"""CatBoost: ``CBM1``, a length, then a FlatBuffer. https://github.com/catboost/catboost/tree/master/catboost/libs/model/flatbuffers ."""

from __future__ import annotations

from modelkeep.domain.known_documents import FileInspection
from modelkeep.formats.findings import facts
from modelkeep.formats.flatbuffers import Table
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile
from modelkeep.formats.ranges import Ranges

MAGIC = b"CBM1"
_BEGIN, _MOST_INFOS = 8, 1_000


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the trees and what CatBoost says of the training."""
    source = Ranges(file, budget)
    if source.read(0, 4) != MAGIC:
        message = "does not begin with CBM1"
        raise Malformed(message)
    length = source.number("<I", 4)
    if _BEGIN + length > source.size:
        message = f"says that its model has {length} bytes, and the file ends before"
        raise Malformed(message)
    core = Table.root(source, _BEGIN)
    trees = core.table(1)
    about = {each.text(0): each.text(1) for each in core.tables(2, _MOST_INFOS)}
    version = about.get("catboost_version_info", "")
    inspection = FileInspection(
        path=file.path,
        format="catboost",
        facts=facts(
            format_version=core.text(0),
            producer=_producer(version),
            trees=trees.length(2) if trees is not None else None,
            features=sum(trees.length(each) for each in (4, 5)) or None if trees is not None else None,
            trained=about.get("train_finish_time"),
        ),
    )
    return FoundInFile(inspection)


def _producer(text: str) -> str | None:
    """Return the release that wrote the model, from the lines that CatBoost prints about itself."""
    found = next((line for line in text.splitlines() if "release" in line), "")
    release = found.rpartition("release ")[2].split()
    return f"catboost {release[0].rstrip('.')}" if release else None
