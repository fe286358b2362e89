"""What ``torch.distributed.checkpoint`` writes beside its ``.metadata``: archives of PyTorch behind each other, one a tensor.

The names and shapes of the tensors stand in the ``.metadata``, which says where in these files each of them begins.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.formats.interface import Budget, FoundInFile, ModelFile, OverBudget
from modelkeep.formats.pickle_scan import Findings
from modelkeep.formats.pickles import inspection_of
from modelkeep.formats.zip_files import Part, ZipArchive
from modelkeep.formats.zip_models import pytorch_root, search

SUFFIX = ".distcp"


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return how many archives there are, and what their pickles import."""
    found = Findings()
    count = 0
    try:
        for archive in _archives(file, budget):
            count += 1
            search(archive, pytorch_root(archive.names), found, budget)
    except OverBudget as error:
        found.add("unverified", f"it {error}")
    found.roots.clear()  # tensors without their names
    return FoundInFile(inspection_of(file.path, "torch-distributed", found, more=(("entries", str(count)),)))


def _archives(file: ModelFile, budget: Budget) -> Iterator[ZipArchive]:
    """Yield the archives, the last first: each says where it begins, and the one before it ends there."""
    end = file.size
    while end > 0:
        archive = ZipArchive(Part(file, file.path, 0, end), budget)
        yield archive
        begin = min((entry.offset for entry in archive.entries), default=0)
        end = begin if begin < end else 0
