"""HDF5: what Keras kept models in before its archives. The configuration of the model is a text in the file.

The tree of the file is not read: a text that begins as Keras writes its configuration is looked for in the first 16 MiB.
"""

from __future__ import annotations

import json
import re

from modelkeep.domain.known_documents import FileInspection
from modelkeep.formats.findings import facts, problems
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile
from modelkeep.formats.keras import LARGEST_CONFIG, found_in_config
from modelkeep.formats.ranges import Ranges

MAGIC = b"\x89HDF\r\n\x1a\n"
_PLACES = (0, 512, 1024, 2048)
_SEARCHED = 16 << 20
_CONFIG = re.compile(
    rb'\{("module": "keras[^"]{0,50}", )?"class_name": "(?=[^"]{1,50}", "config": \{"(name|layers|trainable)")'
)


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the configuration of a Keras model where there is one, else that it is HDF5."""
    source = Ranges(file, budget)
    place = next((at for at in _PLACES if at + 9 <= file.size and source.read(at, len(MAGIC)) == MAGIC), None)
    if place is None:
        message = "does not begin as HDF5"
        raise Malformed(message)
    searched = min(file.size, _SEARCHED)
    data = source.read(0, searched)
    for found in _CONFIG.finditer(data):
        budget.check()
        config = _first_object(data[found.start() : found.start() + LARGEST_CONFIG])
        if isinstance(config, dict) and "class_name" in config and isinstance(config.get("config"), dict):
            return found_in_config(file.path, "keras-hdf5", config, None)
    unread = (
        [f"it was searched for a configuration in its first {searched} bytes alone"] if searched < file.size else []
    )
    about = facts(format_version=data[place + 8])
    return FoundInFile(FileInspection(file.path, "hdf5", about, problems=problems("unverified", unread)))


def _first_object(data: bytes) -> object:
    """Return the JSON object that bytes begin with, None where they do not."""
    end = data.find(b"\0")
    text = data[: end if end >= 0 else len(data)].decode("utf-8", "replace")
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None
