"""Zip archives: which format one is of says the list of its entries, for people name them as they like."""

from __future__ import annotations

from msgspec.structs import replace

from modelkeep.domain.known_documents import FileInspection
from modelkeep.formats.findings import facts
from modelkeep.formats.interface import Budget, FoundInFile, ModelFile
from modelkeep.formats.zip_files import ZipArchive


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return what the reader of its format finds, with the rules that the archive itself breaks."""
    archive = ZipArchive(file, budget)
    names = archive.names
    found = None
    if "config.json" in names and ("metadata.json" in names or "model.weights.h5" in names):
        from modelkeep.formats import keras

        found = keras.inspect_archive(file, archive)
    elif names and all(name.endswith(".npy") for name in names):
        from modelkeep.formats import numpy_arrays

        found = numpy_arrays.inspect_archive(file, archive)
    if found is None:
        found = FoundInFile(FileInspection(file.path, "zip", facts(entries=len(names))))
    inspection = found.inspection
    return replace(found, inspection=replace(inspection, problems=(*inspection.problems, *archive.problems)))
