"""Zip archives: which format one is of says the list of its entries, for people name them as they like.

Whatever it is, its entries are searched for pickles: another program may load them.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from modelkeep.domain.known_documents import FileInspection
from modelkeep.formats import torch_distributed, torch_export, zip_models
from modelkeep.formats.interface import Budget, FoundInFile, ModelFile, Unread
from modelkeep.formats.zip_files import ZipArchive


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return what the reader of its format finds, with the rules that the archive itself breaks."""
    if file.path.endswith(torch_distributed.SUFFIX):
        return torch_distributed.inspect(file, budget)
    searched = zip_models.inspect(file, budget).inspection
    if searched.format != "zip":
        return FoundInFile(searched)
    archive = ZipArchive(file, budget)
    name, reader = _reader(archive.names)
    if reader is None:
        return FoundInFile(searched)
    try:
        found = reader(file, archive, budget)
    except Unread as error:
        found = FoundInFile(FileInspection(file.path, name, problems=(error.problem(),)))
    inspection = found.inspection
    problems = tuple(dict.fromkeys((*inspection.problems, *searched.problems)))
    imported = tuple(dict.fromkeys((*inspection.globals, *searched.globals)))
    return replace(found, inspection=replace(inspection, problems=problems, globals=imported))


def _reader(names: tuple[str, ...]) -> tuple[str, Callable[[ModelFile, ZipArchive, Budget], FoundInFile] | None]:
    if "config.json" in names and ("metadata.json" in names or "model.weights.h5" in names):
        from modelkeep.formats import keras

        return "keras", keras.inspect_archive
    if names and all(name.endswith(".npy") for name in names):
        from modelkeep.formats import numpy_arrays

        return "npz", numpy_arrays.inspect_archive
    if any(name.endswith(torch_export.MARK) for name in names):
        return "torch-export", torch_export.inspect_archive
    return "zip", None
