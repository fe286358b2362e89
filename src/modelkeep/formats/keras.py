"""Keras: an archive with the configuration of a model as JSON, its weights as HDF5, and the version that wrote it.

https://keras.io/guides/serialization_and_saving/. Loading builds each object that the configuration names: a Lambda layer
brings code of its own, and a name outside of Keras is imported.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from modelkeep.domain.known_documents import Field, FileInspection, Interface, Problem
from modelkeep.formats.findings import MOST_FIELDS, counted, facts, field, problems
from modelkeep.formats.hdf5_tree import read_tree
from modelkeep.formats.hdf5_weights import Weights, weights_of
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, OverBudget, Unread
from modelkeep.formats.ranges import Ranges
from modelkeep.formats.zip_files import ZipArchive

_LARGEST_CONFIG = 4 << 20
_MOST_METADATA = 64 << 10
WEIGHTS_SUFFIX = "weights.h5"
_WEIGHTS = f"model.{WEIGHTS_SUFFIX}"
#: Variables in the file of weights that are no parameters of the model: of the optimizer, of generators of random numbers.
_NO_PARAMETERS = re.compile(r"^optimizer/|(^|/)seed_generator(_\d+)?/")
#: Classes of Keras that run what a file brings with it, or read a file that it names.
_RUNS_CODE = {"Lambda", "__lambda__", "TorchModuleWrapper"}
#: The parts of Keras that models are built of; its other functions are none of their business.
_PARTS = {
    "activations", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics", "models", "ops",
    "optimizers", "quantizers", "random", "regularizers", "src", "applications",
}  # fmt: skip
_KNOWN_PACKAGES = {"keras_hub", "keras_nlp", "keras_cv", "tf_keras", "tensorflow"}


def inspect_archive(file: ModelFile, archive: ZipArchive, budget: Budget) -> FoundInFile:
    """Return what the configuration in an archive says, and its weights."""
    about = parse_config(archive.read("metadata.json", _MOST_METADATA)) if "metadata.json" in archive.names else {}
    version = about.get("keras_version") if isinstance(about, dict) else None
    if "config.json" not in archive.names:
        message = "has no entry 'config.json'"
        raise Malformed(message)
    size = next(entry.size for entry in reversed(archive.entries) if entry.name == "config.json")
    if size > _LARGEST_CONFIG:
        message = f"was not read: its configuration has {size} bytes"
        raise OverBudget(message)
    config = parse_config(archive.read("config.json", _LARGEST_CONFIG))
    return found_in_config(file.path, "keras", config, version, _weights(archive, budget))


def _weights(archive: ZipArchive, budget: Budget) -> Weights:
    """Return the variables of the layers."""
    if _WEIGHTS not in archive.names:
        return Weights()
    try:
        tree = read_tree(Ranges(archive.member(_WEIGHTS), budget))
    except Unread as error:
        return Weights(problems=(error.problem(f"its entry {_WEIGHTS!r}"),))
    return weights_of(tree, [each for each in tree.datasets if is_parameter(each.path)])


def is_parameter(path: str) -> bool:
    """Tell whether a dataset in a file of weights belongs to the model."""
    return _NO_PARAMETERS.search(path) is None


def found_in_config(path: str, form: str, config: object, version: object, weights: Weights) -> FoundInFile:
    """Return what the configuration of a model says, of the archive or of an older HDF5 file."""
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        message = "has a configuration that names no class"
        raise Malformed(message)
    objects = list(_objects(config))
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else None
    layers = [each for each in layers if isinstance(each, dict)] if isinstance(layers, list) else []
    training = config.get("compile_config")
    training = training if isinstance(training, dict) else {}
    optimizer = training.get("optimizer")
    order = _names_of(inner.get("input_layers")) if isinstance(inner, dict) else []
    inputs = tuple(_inputs(layers, {name: place for place, name in enumerate(order)}))
    inspection = FileInspection(
        path=path,
        format=form,
        facts=facts(
            producer=f"keras {version}" if version else None,
            architecture=config["class_name"],
            name=inner.get("name") if isinstance(inner, dict) and isinstance(inner.get("name"), str) else None,
            nodes=len(layers) or None,
            operators=counted(Counter(str(each.get("class_name")) for each in layers)),
            optimizer=optimizer.get("class_name") if isinstance(optimizer, dict) else None,
            loss=_loss(training.get("loss")),
        )
        + weights.facts,
        tensors=weights.tensors,
        problems=(*_problems(objects), *weights.problems),
    )
    return FoundInFile(inspection, Interface(inputs) if inputs else None)


def parse_config(data: bytes) -> Any:
    """Return a configuration. Raises `Malformed`."""
    try:
        return json.loads(data)  # with NaN, which Keras writes
    except (ValueError, RecursionError) as error:
        reason = "it is nested very deep" if isinstance(error, RecursionError) else error
        message = f"has a configuration that is no JSON: {reason}"
        raise Malformed(message) from error


def _objects(config: object) -> Iterator[dict[str, Any]]:
    """Yield each object of a configuration that names a class."""
    rest = [config]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            if isinstance(value.get("class_name"), str):
                yield value
            rest += reversed(value.values())
        elif isinstance(value, list):
            rest += reversed(value)


def _names_of(places: object) -> list[str]:
    """Return the layers that a configuration lists: ``["x", 0, 0]``, or lists and objects of such."""
    if isinstance(places, dict):
        places = list(places.values())
    if not isinstance(places, list) or not places:
        return []
    if isinstance(places[0], str):
        return places[:1]
    return [name for each in places[:MOST_FIELDS] for name in _names_of(each)]


def _inputs(layers: list[dict[str, Any]], order: dict[str, int]) -> list[Field]:
    """Return the inputs, in the order in which the model takes them."""
    found = []
    for each in layers:
        about = each.get("config")
        if each.get("class_name") == "InputLayer" and isinstance(about, dict):
            shape = about.get("batch_shape", about.get("batch_input_shape"))
            sizes = ["?" if size is None else size for size in shape[:64]] if isinstance(shape, list) else []
            dtype, optional = about.get("dtype"), about.get("optional") is True
            name = str(about.get("name") or "")
            found.append(field(name, dtype if isinstance(dtype, str) else "?", sizes, optional=optional))
    return sorted(found, key=lambda each: order.get(each.name or "", len(order)))


def _loss(value: object) -> str | None:
    """Return a loss as people call it: ``mse``, the class of one, ``kind=Huber, score=mse`` of several outputs."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(filter(None, map(_loss, value))) or None
    if not isinstance(value, dict):
        return None
    about = value.get("config")
    if isinstance(value.get("class_name"), str):
        return about if value["class_name"] == "function" and isinstance(about, str) else value["class_name"]
    return ", ".join(f"{name}={_loss(each)}" for name, each in value.items() if each is not None) or None


def _problems(objects: Iterable[dict[str, Any]]) -> tuple[Problem, ...]:
    dangerous: dict[str, None] = {}
    unknown: dict[str, None] = {}
    in_layers = False
    for each in objects:
        name, module, registered = each["class_name"], each.get("module"), each.get("registered_name")
        about = each.get("config")
        label = about.get("name") if isinstance(about, dict) else None
        if name in _RUNS_CODE:
            where = f" {label!r}" if isinstance(label, str) else ""
            dangerous[f"its {name}{where} is code that runs when it is loaded or used"] = None
            in_layers |= name == "Lambda"
        elif isinstance(module, str) and module and not _is_known(module):
            package = module.partition(".")[0]
            kind = unknown if package in _KNOWN_PACKAGES else dangerous
            kind[f"loading it imports {module}.{_function(each)}"] = None
        elif not module and isinstance(registered, str) and ">" in registered:
            unknown[f"it needs the class {registered!r}, which is not Keras's own"] = None
        vocabulary = about.get("vocabulary") if isinstance(about, dict) else None
        if isinstance(vocabulary, str) and ("/" in vocabulary or "\\" in vocabulary):
            dangerous[f"loading its {name} reads the file {vocabulary!r}"] = None
    if in_layers:  # the functions of Lambda layers, each of which has its problem already
        dangerous.pop("its __lambda__ is code that runs when it is loaded or used", None)
    return (*problems("dangerous", dangerous), *problems("unknown", unknown))


def _function(each: dict[str, Any]) -> str:
    """Return the name that is imported: of functions it stands in the configuration."""
    about = each.get("config")
    return about if each["class_name"] == "function" and isinstance(about, str) else each["class_name"]


def _is_known(module: str) -> bool:
    """Tell whether a module is one of Keras that models are built of; ``builtins`` is that of types and functions."""
    first, _, rest = module.partition(".")
    if module == "builtins":
        return True
    return first == "keras" and (not rest or rest.partition(".")[0] in _PARTS)
