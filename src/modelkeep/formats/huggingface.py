"""Directories of Hugging Face: config, weights in shards with an index, tokenizer, adapters with their base model, the card.

See https://huggingface.co/docs/transformers/main_classes/configuration, https://huggingface.co/docs/peft and
https://huggingface.co/docs/hub/model-cards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelkeep.domain.known_documents import FileInspection, Part, Problem
from modelkeep.formats.described_trees import code_problems, facts_of, is_text, part, problem, read_json, read_yaml
from modelkeep.formats.interface import Budget, FoundInTree, Malformed, ModelFile

_CONFIG, _ADAPTER, _DIFFUSERS = "config.json", "adapter_config.json", "model_index.json"
_SAYS_MODEL = ("model_type", "architectures", "transformers_version", "_name_or_path", "auto_map")
_TOKENIZER = frozenset({
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json", "vocab.txt", "merges.txt",
    "special_tokens_map.json", "added_tokens.json", "spiece.model", "sentencepiece.bpe.model", "chat_template.jinja",
    "chat_template.json",
})  # fmt: skip
_WEIGHTS = re.compile(
    r"(model|pytorch_model|tf_model|flax_model|diffusion_pytorch_model|consolidated)[\w.-]*"
    r"\.(safetensors|bin|h5|msgpack|pth|onnx)|[\w.-]+\.gguf"
)
_ADAPTER_WEIGHTS = re.compile(r"adapter_model[\w.-]*\.(safetensors|bin|pt)")
_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})(\.[\w.]+)")
_INDEX = ".index.json"
_MOST_DESCRIPTIONS, _MOST_MISSING, _MOST_SHARDS = 50, 20, 10_000
_CARD_BYTES = 128 << 10


def inspect(files: Mapping[str, ModelFile], found: Mapping[str, FileInspection], budget: Budget) -> FoundInTree | None:
    """Return what the files are together, None where no file of them is of Hugging Face's."""
    del found
    described, problems = _descriptions(files, budget)
    by_name = {_name(path): each for path, each in sorted(described.items(), key=lambda each: -each[0].count("/"))}
    config, adapter = by_name.get(_CONFIG, {}), by_name.get(_ADAPTER, {})
    indexes = {path: each for path, each in described.items() if path.endswith(_INDEX)}
    is_ours = (
        any(key in config for key in _SAYS_MODEL)
        or "peft_type" in adapter
        or "_class_name" in by_name.get(_DIFFUSERS, {})
    )
    if not is_ours and not any("weight_map" in each for each in indexes.values()):
        return None
    try:
        card = _card(files)
    except Malformed as error:
        card, problems = {}, [*problems, error.problem()]
    problems += [*_missing_shards(files, indexes), *_code(described), *code_problems(files)]
    return FoundInTree(
        "huggingface",
        facts=(*_facts(config, by_name.get(_DIFFUSERS, {})), *_card_facts(card)),
        parts=tuple(_parts(files, adapter, by_name.get("tokenizer_config.json", {}), card)),
        problems=tuple(dict.fromkeys(problems)),
    )


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _descriptions(files: Mapping[str, ModelFile], budget: Budget) -> tuple[dict[str, dict[str, Any]], list[Problem]]:
    """Return the JSON files that describe the model, by path, and what could not be read."""
    names = (_CONFIG, _ADAPTER, _DIFFUSERS, "tokenizer_config.json", "generation_config.json")
    paths = [path for path in files if _name(path) in names or path.endswith(_INDEX)]
    found: dict[str, dict[str, Any]] = {}
    problems = []
    for path in sorted(paths, key=lambda path: (path.count("/"), path))[:_MOST_DESCRIPTIONS]:
        budget.check()
        try:
            found[path] = read_json(files[path])
        except Malformed as error:
            problems.append(error.problem())
    return found, problems


def _facts(config: Mapping[str, Any], pipeline: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    quantisation = config.get("quantization_config")
    return facts_of(
        ("architecture", config.get("architectures") or pipeline.get("_class_name")),
        ("model-type", config.get("model_type")),
        ("dtypes", config.get("dtype") or config.get("torch_dtype")),
        ("context-length", config.get("max_position_embeddings") or config.get("n_positions")),
        ("vocabulary", config.get("vocab_size")),
        ("quantization", quantisation.get("quant_method") if isinstance(quantisation, dict) else None),
        ("transformers", config.get("transformers_version")),
        ("diffusers", pipeline.get("_diffusers_version")),
    )


def _card(files: Mapping[str, ModelFile]) -> dict[str, Any]:
    """Return the front matter of the card: the YAML between two lines of three dashes at the top of README.md."""
    path = min((path for path in files if _name(path) == "README.md"), key=lambda path: path.count("/"), default=None)
    head = b"" if path is None else files[path].read(0, _CARD_BYTES).replace(b"\r\n", b"\n")
    if not head.startswith(b"---\n"):
        return {}
    front, end, _ = head[4:].partition(b"\n---")
    if not end:
        message = "has a card whose front matter does not end"
        raise Malformed(message)
    return read_yaml(front, "card")


def _card_facts(card: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return facts_of(
        ("licence", card.get("license")),
        ("base-models", card.get("base_model")),
        ("task", card.get("pipeline_tag")),
        ("library", card.get("library_name")),
        ("languages", card.get("language")),
        ("datasets", card.get("datasets")),
        ("tags", card.get("tags")),
    )


def _parts(
    files: Mapping[str, ModelFile], adapter: Mapping[str, Any], tokenizer: Mapping[str, Any], card: Mapping[str, Any]
) -> Iterator[Part]:
    """Yield weights, tokenizer and adapter by their directories, and the base models that are named."""
    directories = sorted({path[: -len(_name(path))] for path in files})
    for directory in directories:
        here = sorted(path for path in files if path[: -len(_name(path))] == directory)
        adapters = tuple(path for path in here if _ADAPTER_WEIGHTS.fullmatch(_name(path)) or _name(path) == _ADAPTER)
        if adapters:
            name = adapter.get("peft_type")
            yield part("adapter", f"{directory}{name if is_text(name) else 'adapter'}", adapters)
        yield from _weights(directory, here)
        if words := tuple(path for path in here if _name(path) in _TOKENIZER):
            name = tokenizer.get("tokenizer_class")
            yield part("tokenizer", f"{directory}{name if is_text(name) else 'tokenizer'}", words)
    bases = adapter.get("base_model_name_or_path") or card.get("base_model")
    for base in bases if isinstance(bases, list) else [bases]:
        if is_text(base):
            revision = adapter.get("revision")
            yield part("base-model", f"{base}@{revision}" if is_text(revision) else base)


def _weights(directory: str, here: list[str]) -> Iterator[Part]:
    """Yield the weights of a directory: shards and their index are one part."""
    groups: dict[str, list[str]] = {}
    for path in here:
        name = _name(path)
        shard = _SHARD.fullmatch(name)
        whole = f"{shard[1]}{shard[4]}" if shard else name.removesuffix(_INDEX)
        if _WEIGHTS.fullmatch(whole):
            groups.setdefault(whole, []).append(path)
    for name, paths in groups.items():
        yield part("weights", f"{directory}{name}", tuple(paths))


def _missing_shards(files: Mapping[str, ModelFile], indexes: Mapping[str, dict[str, Any]]) -> Iterator[Problem]:
    """Yield what is named by an index, or by the number in the name of a shard, and is not there."""
    missing: dict[str, None] = {}
    for path, index in indexes.items():
        directory = path[: -len(_name(path))]
        weights = index.get("weight_map")
        names = {name for name in weights.values() if is_text(name)} if isinstance(weights, dict) else set()
        missing |= dict.fromkeys(sorted(f"{directory}{name}" for name in names if f"{directory}{name}" not in files))
    for path in sorted(files):
        shard = _SHARD.fullmatch(path)
        if (
            shard
            and (count := int(shard[3])) <= _MOST_SHARDS
            and f"{shard[1]}-00001-of-{shard[3]}{shard[4]}" in (path, *missing)
        ):
            all_names = (f"{shard[1]}-{number:05}-of-{shard[3]}{shard[4]}" for number in range(1, count + 1))
            missing |= dict.fromkeys(name for name in all_names if name not in files)
    for path in list(missing)[:_MOST_MISSING]:
        yield problem("invalid", f"the shard {path} is missing")
    if len(missing) > _MOST_MISSING:
        yield problem("invalid", f"{len(missing) - _MOST_MISSING} more shards are missing")


def _code(described: Mapping[str, dict[str, Any]]) -> Iterator[Problem]:
    """Yield what makes a library load code of the repository, or of another one."""
    for path, each in described.items():
        code = each.get("auto_map")
        named = sorted(str(value) for value in code.values())[:3] if isinstance(code, dict) else []
        if named:
            yield problem("dangerous", f"loading it runs code that {path} names: {', '.join(named)}")
        if each.get("trust_remote_code") is True:
            yield problem("dangerous", f"loading it runs code that it brings, {path} says: trust_remote_code")
