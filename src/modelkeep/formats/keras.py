"""Keras: an archive with the configuration of a model as JSON, its weights as HDF5, and the version that wrote it.

https://keras.io/guides/serialization_and_saving/. Loading builds each object that the configuration names: a Lambda layer
brings code of its own, and a name outside of Keras is imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from modelkeep.domain.known_documents import Field, FileInspection, Interface, Problem
from modelkeep.formats.findings import counted, facts, field, problems
from modelkeep.formats.interface import FoundInFile, Malformed, ModelFile, OverBudget
from modelkeep.formats.zip_files import ZipArchive

LARGEST_CONFIG = 4 << 20
_MOST_METADATA = 64 << 10
#: Classes of Keras that run what a file brings with it, or read a file that it names.
_RUNS_CODE = {"Lambda", "__lambda__", "TorchModuleWrapper"}
#: The parts of Keras that models are built of; its other functions are none of their business.
_PARTS = {
    "activations", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics", "models", "ops",
    "optimizers", "quantizers", "random", "regularizers", "src", "applications",
}  # fmt: skip
_KNOWN_PACKAGES = {"keras_hub", "keras_nlp", "keras_cv", "tf_keras", "tensorflow"}


def inspect_archive(file: ModelFile, archive: ZipArchive) -> FoundInFile:
    """Return what the configuration in an archive says."""
    about = _json(archive.read("metadata.json", _MOST_METADATA)) if "metadata.json" in archive.names else {}
    version = about.get("keras_version") if isinstance(about, dict) else None
    if "config.json" not in archive.names:
        message = "has no entry 'config.json'"
        raise Malformed(message)
    size = next(entry.size for entry in reversed(archive.entries) if entry.name == "config.json")
    if size > LARGEST_CONFIG:
        message = f"was not read: its configuration has {size} bytes"
        raise OverBudget(message)
    config = _json(archive.read("config.json", LARGEST_CONFIG))
    return found_in_config(file.path, "keras", config, f"keras {version}" if version else None)


def found_in_config(path: str, form: str, config: object, producer: str | None) -> FoundInFile:
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
    inputs = tuple(_inputs(layers))
    inspection = FileInspection(
        path=path,
        format=form,
        facts=facts(
            producer=producer,
            architecture=config["class_name"],
            name=inner.get("name") if isinstance(inner, dict) and isinstance(inner.get("name"), str) else None,
            nodes=len(layers) or None,
            operators=counted(Counter(str(each.get("class_name")) for each in layers)),
            optimizer=optimizer.get("class_name") if isinstance(optimizer, dict) else None,
            loss=training["loss"] if isinstance(training.get("loss"), str) else None,
        ),
        problems=_problems(objects),
    )
    return FoundInFile(inspection, Interface(inputs) if inputs else None)


def _json(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"has a configuration that is no JSON: {error}"
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


def _inputs(layers: list[dict[str, Any]]) -> Iterator[Field]:
    for each in layers:
        about = each.get("config")
        if each.get("class_name") == "InputLayer" and isinstance(about, dict):
            shape = about.get("batch_shape", about.get("batch_input_shape"))
            sizes = ["?" if size is None else size for size in shape[:64]] if isinstance(shape, list) else []
            dtype = about.get("dtype")
            yield field(str(about.get("name") or ""), dtype if isinstance(dtype, str) else "?", sizes)


def _problems(objects: Iterable[dict[str, Any]]) -> tuple[Problem, ...]:
    dangerous: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for each in objects:
        name, module, registered = each["class_name"], each.get("module"), each.get("registered_name")
        about = each.get("config")
        label = about.get("name") if isinstance(about, dict) else None
        if name in _RUNS_CODE:
            where = f" {label!r}" if isinstance(label, str) else ""
            dangerous[f"its {name}{where} is code that runs when it is loaded or used"] = None
        elif isinstance(module, str) and module and not _is_known(module):
            package = module.partition(".")[0]
            kind = unknown if package in _KNOWN_PACKAGES else dangerous
            kind[f"loading it imports {module}.{_function(each)}"] = None
        elif not module and isinstance(registered, str) and ">" in registered:
            unknown[f"it needs the class {registered!r}, which is not Keras's own"] = None
        vocabulary = about.get("vocabulary") if isinstance(about, dict) else None
        if isinstance(vocabulary, str) and ("/" in vocabulary or "\\" in vocabulary):
            dangerous[f"loading its {name} reads the file {vocabulary!r}"] = None
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
