"""XGBoost: a learner as JSON or as Universal Binary JSON; what it wrote before 1.0 is known by its first bytes alone.

https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from modelkeep.domain.known_documents import FileInspection, Interface
from modelkeep.formats.findings import MOST_FIELDS, facts, field, numbered, problems
from modelkeep.formats.interface import LARGEST_READ, Budget, FoundInFile, Malformed, ModelFile, OverBudget
from modelkeep.formats.ranges import Ranges
from modelkeep.formats.ubjson import Decoder

BINARY = b"binf"
_SKIPPED = frozenset({"trees", "tree_info", "iteration_indptr", "cats", "weights"})
_TYPES = {"float": "float", "q": "float", "int": "int", "i": "indicator", "c": "categorical"}
_Texts = dict[str, str]


class _Trees(msgspec.Struct):
    gbtree_model_param: _Texts = {}


class _Booster(msgspec.Struct):
    name: str = ""
    model: _Trees | None = None
    gbtree: _Inner | None = None  # of dart


class _Inner(msgspec.Struct):
    model: _Trees | None = None


class _Objective(msgspec.Struct):
    name: str = ""


class _Learner(msgspec.Struct):
    attributes: _Texts = {}
    feature_names: list[str] | None = None
    feature_types: list[str] | None = None
    gradient_booster: _Booster | None = None
    learner_model_param: _Texts = {}
    objective: _Objective | None = None


class _Model(msgspec.Struct):
    learner: _Learner
    version: Annotated[list[int], Meta(max_length=10)] = []


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the kind of booster, its objective, its trees and the features that it takes."""
    source = Ranges(file, budget)
    head = source.read(0, min(file.size, 16))
    if head.startswith(BINARY):
        old = problems("note", ["it is in the binary format that XGBoost no longer reads"])
        return FoundInFile(FileInspection(file.path, "xgboost", facts(encoding="binary"), problems=old))
    if head.startswith(b"{L\0"):
        return _found(file.path, "ubjson", _convert(Decoder(source, _SKIPPED).decode()))
    if file.size > LARGEST_READ:
        message = f"was not read: it has {file.size} bytes of JSON"
        raise OverBudget(message)
    try:
        model = msgspec.json.decode(file.read(0, file.size), type=_Model)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"is no model of XGBoost: {error}"
        raise Malformed(message) from error
    return _found(file.path, "json", model)


def _convert(value: object) -> _Model:
    try:
        return msgspec.convert(value, _Model)
    except msgspec.ValidationError as error:
        message = f"is no model of XGBoost: {error}"
        raise Malformed(message) from error


def _found(path: str, encoding: str, model: _Model) -> FoundInFile:
    learner = model.learner
    booster = learner.gradient_booster or _Booster()
    trees = booster.model or (booster.gbtree.model if booster.gbtree is not None else None)
    classes = learner.learner_model_param.get("num_class")
    names = learner.feature_names or []
    types = learner.feature_types or []
    inspection = FileInspection(
        path=path,
        format="xgboost",
        facts=(
            *facts(
                producer=f"xgboost {'.'.join(map(str, model.version))}" if model.version else None,
                encoding=encoding,
                architecture=booster.name,
                objective=learner.objective.name if learner.objective is not None else None,
                trees=trees.gbtree_model_param.get("num_trees") if trees is not None else None,
                features=learner.learner_model_param.get("num_feature"),
                classes=classes if classes not in {None, "0"} else None,
            ),
            *numbered("metadata", (f"{key}={value}" for key, value in learner.attributes.items())),
        ),
    )
    if not names:
        return FoundInFile(inspection)
    kinds = [_TYPES.get(types[i], types[i]) if i < len(types) else "float" for i in range(len(names))]
    inputs = tuple(field(name, kind) for name, kind in list(zip(names, kinds, strict=True))[:MOST_FIELDS])
    return FoundInFile(inspection, Interface(inputs))
