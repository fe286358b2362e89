"""XGBoost: a learner as JSON or as Universal Binary JSON; what it wrote before 1.0 is known by its first bytes alone.

https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Raw

from modelkeep.domain.known_documents import FileInspection, Interface
from modelkeep.formats.findings import MOST_FIELDS, facts, field, numbered, problems
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, OverBudget
from modelkeep.formats.ranges import Ranges
from modelkeep.formats.ubjson import Decoder

BINARY = b"binf"
_SKIPPED = frozenset({"trees", "tree_info", "iteration_indptr", "cats", "weights"})
_TYPES = {"float": "float", "q": "float", "int": "int", "i": "indicator", "c": "categorical"}
_Texts = dict[str, str]
_T = TypeVar("_T")
_LARGEST_JSON, _LARGEST_PART = 48 << 20, 1 << 20


class _Trees(msgspec.Struct):
    gbtree_model_param: Raw = Raw()


class _Inner(msgspec.Struct):
    model: _Trees | None = None


class _Named(msgspec.Struct):
    name: str = ""


class _Booster(_Named):
    model: _Trees | None = None
    gbtree: _Inner | None = None  # of dart


class _Learner(msgspec.Struct):
    attributes: Raw = Raw()
    feature_names: Raw = Raw()
    feature_types: Raw = Raw()
    gradient_booster: _Booster | None = None
    learner_model_param: Raw = Raw()
    objective: _Named | None = None


class _Model(msgspec.Struct):
    learner: _Learner
    version: Raw = Raw()


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the kind of booster, its objective, its trees and the features that it takes."""
    source = Ranges(file, budget)
    head = source.read(0, min(file.size, 16))
    if head.startswith(BINARY):
        old = problems("note", ["it is in the binary format that XGBoost no longer reads"])
        return FoundInFile(FileInspection(file.path, "xgboost", facts(encoding="binary"), problems=old))
    if head.startswith(b"{L\0"):
        text = msgspec.json.encode(Decoder(source, _SKIPPED).decode())
        return _found(file.path, "ubjson", _decode(text, _Model))
    if file.size > _LARGEST_JSON:
        message = f"was not read: it has {file.size} bytes of JSON"
        raise OverBudget(message)
    return _found(file.path, "json", _decode(file.read(0, file.size), _Model))


def _decode(data: bytes | Raw, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"is no model of XGBoost: {error}"
        raise Malformed(message) from error


def _part(data: Raw, kind: type[_T], default: _T) -> _T:
    """Return a part of the model that is read as a whole, where it is there and not very long."""
    return _decode(data, kind) if 0 < len(bytes(memoryview(data)[: _LARGEST_PART + 1])) <= _LARGEST_PART else default


def _found(path: str, encoding: str, model: _Model) -> FoundInFile:
    learner = model.learner
    booster = learner.gradient_booster or _Booster()
    trees = booster.model or (booster.gbtree.model if booster.gbtree is not None else None)
    version = _part(model.version, list[int], [])
    about = _part(learner.learner_model_param, _Texts, {})
    names = _part(learner.feature_names, list[str], [])
    types = _part(learner.feature_types, list[str], [])
    classes = about.get("num_class")
    inspection = FileInspection(
        path=path,
        format="xgboost",
        facts=(
            *facts(
                producer=f"xgboost {'.'.join(map(str, version[:4]))}" if version else None,
                encoding=encoding,
                architecture=booster.name,
                objective=learner.objective.name if learner.objective is not None else None,
                trees=_part(trees.gbtree_model_param, _Texts, {}).get("num_trees") if trees is not None else None,
                features=about.get("num_feature"),
                classes=classes if classes not in {None, "0"} else None,
            ),
            *numbered("metadata", (f"{key}={value}" for key, value in _part(learner.attributes, _Texts, {}).items())),
        ),
    )
    if not names:
        return FoundInFile(inspection)
    kinds = [_TYPES.get(types[i], types[i]) if i < len(types) else "float" for i in range(len(names))]
    inputs = tuple(field(name, kind) for name, kind in list(zip(names, kinds, strict=True))[:MOST_FIELDS])
    return FoundInFile(inspection, Interface(inputs))
