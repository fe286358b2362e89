"""Models of MLflow: a file ``MLmodel`` says which flavors they have, their signature, and the run that made them.

See https://mlflow.org/docs/latest/ml/model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelkeep.domain.known_documents import FileInspection, Interface, Part, Problem
from modelkeep.domain.signatures import parse_signature
from modelkeep.errors import UsageError
from modelkeep.formats.described_trees import code_problems, facts_of, is_text, part, problem, read_yaml
from modelkeep.formats.interface import Budget, FoundInTree, Malformed, ModelFile

_NAME = "MLmodel"
_ENVIRONMENT = ("python_env.yaml", "conda.yaml", "requirements.txt")
#: Keys of flavors that name a file or directory of the model.
_PLACES = (
    "model_path",
    "pickled_model",
    "data",
    "model_data",
    "python_model",
    "code",
    "model_code_path",
    "artifact_path",
)
_MOST_FLAVORS = 20
_LARGEST = 256 << 10
#: What python_function loads with; its own loaders load what the other flavors describe.
_OWN = "mlflow."


def inspect(files: Mapping[str, ModelFile], found: Mapping[str, FileInspection], budget: Budget) -> FoundInTree | None:
    """Return what the MLmodel nearest to the top says. Raises `Malformed` where it cannot be read."""
    del found
    budget.check()
    path = min(
        (path for path in files if path.rpartition("/")[2] == _NAME), key=lambda path: path.count("/"), default=None
    )
    if path is None:
        return None
    root = path.removesuffix(_NAME)
    model = read_yaml(files[path].read(0, _LARGEST + 1), _NAME)
    named = model.get("flavors")
    if not isinstance(named, dict) or not named:
        message = "has an MLmodel without flavors"
        raise Malformed(message)
    flavors = {str(name): each for name, each in list(named.items())[:_MOST_FLAVORS] if isinstance(each, dict)}
    interface, problems = _signature(model)
    problems += [*_code(flavors), *_missing(files, root, flavors), *code_problems(files)]
    return FoundInTree(
        "mlflow",
        facts=_facts(model, flavors, _python(files, root)),
        parts=tuple(_parts(sorted(files), root, flavors)),
        problems=tuple(dict.fromkeys(problems)),
        interface=interface,
    )


def _facts(
    model: Mapping[str, Any], flavors: Mapping[str, dict[str, Any]], python: object
) -> tuple[tuple[str, str], ...]:
    loader = flavors.get("python_function", {})
    return facts_of(
        ("flavors", list(flavors)),
        *((f"flavor.{place}", _flavor_words(name, each)) for place, (name, each) in enumerate(flavors.items())),
        ("run", model.get("run_id")),
        ("model-uuid", model.get("model_uuid")),
        ("model-id", model.get("model_id")),
        ("mlflow", model.get("mlflow_version")),
        ("created", str(model.get("utc_time_created") or "")),
        ("python", loader.get("python_version") or python),
        ("loader", loader.get("loader_module")),
    )


def _flavor_words(name: str, flavor: Mapping[str, Any]) -> str:
    """Return a flavor with the version of its library: ``sklearn 1.4.0``."""
    version = next((each for key, each in flavor.items() if str(key).endswith("_version") and is_text(each)), "")
    return f"{name} {version}".strip()


def _python(files: Mapping[str, ModelFile], root: str) -> object:
    """Return the version of Python that ``python_env.yaml`` asks for."""
    path = f"{root}python_env.yaml"
    if path not in files:
        return None
    try:
        return read_yaml(files[path].read(0, _LARGEST + 1), "python_env.yaml").get("python")
    except Malformed:
        return None


def _signature(model: Mapping[str, Any]) -> tuple[Interface | None, list[Problem]]:
    if not isinstance(model.get("signature"), dict):
        return None, []
    try:
        return parse_signature(model), []
    except UsageError as error:
        return None, [problem("invalid", f"its MLmodel has a signature that cannot be read: {error.message}")]


def _parts(paths: list[str], root: str, flavors: Mapping[str, dict[str, Any]]) -> Iterator[Part]:
    for place in dict.fromkeys(_places(flavors)):
        below = tuple(path for path in paths if path == f"{root}{place}" or path.startswith(f"{root}{place}/"))
        if below:
            yield part("code" if place == "code" else "model", place, below)
    if environment := tuple(f"{root}{name}" for name in _ENVIRONMENT if f"{root}{name}" in paths):
        yield part("environment", "environment", environment)


def _places(flavors: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the files and directories that flavors name, below the directory of the MLmodel."""
    for flavor in flavors.values():
        for key in _PLACES:
            if is_text(flavor.get(key)):
                yield str(flavor[key]).strip("/")


def _missing(files: Mapping[str, ModelFile], root: str, flavors: Mapping[str, dict[str, Any]]) -> Iterator[Problem]:
    for place in dict.fromkeys(_places(flavors)):
        if not any(path == f"{root}{place}" or path.startswith(f"{root}{place}/") for path in files):
            yield problem("invalid", f"its MLmodel names {place}, which is missing")


def _code(flavors: Mapping[str, dict[str, Any]]) -> Iterator[Problem]:
    """Yield what runs when the model is loaded, besides MLflow itself."""
    for name, flavor in flavors.items():
        loader = flavor.get("loader_module")
        if is_text(loader) and not loader.startswith(_OWN):
            yield problem("dangerous", f"loading it runs {loader}, the loader of its flavor {name}")
        if is_text(flavor.get("model_code_path")):
            yield problem("dangerous", f"loading it runs {flavor['model_code_path']}, which makes the model")
        if flavor.get("trust_remote_code") is True:
            yield problem(
                "dangerous", f"loading it runs code that it brings, its flavor {name} says: trust_remote_code"
            )
