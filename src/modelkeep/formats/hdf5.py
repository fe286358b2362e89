"""HDF5: its datasets; and what Keras kept models in before its archives, with their configuration as attributes."""

from __future__ import annotations

from modelkeep.domain.known_documents import FileInspection
from modelkeep.formats import keras
from modelkeep.formats.findings import facts
from modelkeep.formats.hdf5_tree import read_tree
from modelkeep.formats.hdf5_weights import weights_of
from modelkeep.formats.interface import Budget, FoundInFile, ModelFile
from modelkeep.formats.ranges import Ranges

_WEIGHTS = "model_weights/"


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the configuration of a Keras model where there is one, and the datasets."""
    tree = read_tree(Ranges(file, budget))
    about = tree.attributes
    if "model_config" not in about:
        of_keras = file.path.endswith(f".{keras.WEIGHTS_SUFFIX}")
        weights = weights_of(tree, [each for each in tree.datasets if not of_keras or keras.is_parameter(each.path)])
        known = (*facts(format_version=tree.version), *weights.facts)
        return FoundInFile(FileInspection(file.path, "hdf5", known, weights.tensors, problems=weights.problems))
    config = keras.parse_config(about["model_config"].encode())
    training = keras.parse_config(about["training_config"].encode()) if "training_config" in about else None
    if isinstance(config, dict) and isinstance(training, dict):
        config["compile_config"] = {"optimizer": training.get("optimizer_config"), **training}
    of_model = [
        each._replace(path=each.path.removeprefix(_WEIGHTS)) for each in tree.datasets if each.path.startswith(_WEIGHTS)
    ]
    return keras.found_in_config(
        file.path, "keras-hdf5", config, about.get("keras_version"), weights_of(tree, of_model)
    )
