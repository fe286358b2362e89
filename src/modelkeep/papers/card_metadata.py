"""The front matter of a model card, as Hugging Face reads it.

The fields are those of https://github.com/huggingface/hub-docs/blob/main/modelcard.md; what the registry does not know is
left out, and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelkeep.domain.answers.papers import PaperFacts
from modelkeep.domain.answers.versions import Evaluation
from modelkeep.domain.json_values import Json
from modelkeep.domain.metrics import newest_by_data
from modelkeep.domain.numbers import Number
from modelkeep.domain.text import pattern

#: Licences that Hugging Face knows by another word than SPDX, in lower case; others that it knows have the same one.
_LICENCES = {
    "agpl-3.0-only": "agpl-3.0", "agpl-3.0-or-later": "agpl-3.0", "gpl-2.0-only": "gpl-2.0", "gpl-3.0-only": "gpl-3.0",
    "gpl-3.0-or-later": "gpl-3.0", "lgpl-2.1-only": "lgpl-2.1", "lgpl-3.0-only": "lgpl-3.0", "lgpl-3.0-or-later": "lgpl-3.0",
}  # fmt: skip
_KNOWN = frozenset({
    "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "cc0-1.0", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0",
    "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "cc-by-nd-4.0", "isc", "mpl-2.0",
    "unlicense", "zlib", "epl-2.0", "ecl-2.0", "artistic-2.0", "bsl-1.0", "ms-pl", "ncsa", "ofl-1.1", "postgresql", "wtfpl",
    "afl-3.0", "osl-3.0", "eupl-1.1", "eupl-1.2", "odbl-1.0", "pddl-1.0", *_LICENCES.values(),
})  # fmt: skip
_SPDX_NAMES = {"odbl-1.0": "odbl", "pddl-1.0": "pddl"}
#: The library that loads a format, where there is one.
_LIBRARIES = {
    "onnx": "onnx", "keras": "keras", "keras-hdf5": "keras", "fasttext": "fasttext", "safetensors": "safetensors", "gguf": "gguf", "huggingface": "transformers",
}  # fmt: skip
#: How Hugging Face calls what a version is to its base model.
_RELATIONS = {
    "fine-tune": "finetune", "finetune": "finetune", "adapter": "adapter", "merge": "merge", "quantize": "quantized",
}  # fmt: skip
_NOT_IN_NAMES = pattern(r"[^a-z0-9.]+")


def card_metadata(facts: PaperFacts) -> dict[str, Json]:
    """Return the front matter: licence, library, tags, datasets, base models, and the metrics as a model index."""
    version = facts.version
    found: dict[str, Json] = {}
    if version.licence is not None:
        found |= _licence(version.licence)
    library = _LIBRARIES.get((facts.inspection and facts.inspection.kind) or "")
    if library is not None:
        found["library_name"] = library
    found["tags"] = ["modelkeep", *(f"{key}:{value}" if value else key for key, value in version.tags.items())]
    datasets = dict.fromkeys(each.name for each in version.data)
    if datasets:
        found["datasets"] = list(datasets)
    bases = [each.ref or each.location for each in facts.parents if each.ref or each.location]
    if bases:
        found["base_model"] = [*bases]
    relations = {_RELATIONS.get(each.by or "") for each in facts.parents}
    if len(relations) == 1 and (relation := relations.pop()) is not None:
        found["base_model_relation"] = relation
    metrics = newest_by_data(version.evaluations)
    if metrics:
        found["metrics"] = list(metrics)
        found["model-index"] = [{"name": version.name, "results": _results(metrics, version.tags.get("task"))}]
    return found


def _licence(licence: str) -> dict[str, Json]:
    """Return the licence in the words of Hugging Face: those it does not know are ``other``, with their name."""
    word = licence.lower()
    word = _LICENCES.get(word, word)
    if word in _KNOWN:
        return {"license": _SPDX_NAMES.get(word, word)}
    return {"license": "other", "license_name": _NOT_IN_NAMES.sub("-", licence.lower()).strip("-") or "other"}


def _results(metrics: Mapping[str, Mapping[str | None, Evaluation]], task: str | None) -> list[Json]:
    """Return one result for each dataset that metrics were measured on."""
    by_data: dict[str | None, list[Evaluation]] = {}
    for newest in metrics.values():
        for data, each in newest.items():
            by_data.setdefault(data, []).append(each)
    return [_result(data, each, task or "other") for data, each in by_data.items()]


def _result(data: str | None, evaluations: Iterable[Evaluation], task: str) -> Json:
    name = data or "not recorded"
    values: list[Json] = [{"type": each.name, "name": each.name, "value": _plain(each.value)} for each in evaluations]
    return {"task": {"type": task}, "dataset": {"name": name, "type": name.partition("@")[0]}, "metrics": values}


def _plain(value: float | str) -> float | int | str:
    """Return a value as YAML can write it: a whole number with more digits than a float has stays whole."""
    if isinstance(value, str):
        return value
    if isinstance(value, Number) and not value.is_plain and value.is_integer():
        return int(value.text)
    return float(value)
