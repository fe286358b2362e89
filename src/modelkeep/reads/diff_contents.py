"""What differs in the files of versions: facts of their formats, tensors, and the signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelkeep.domain.answers.inspections import SERIOUS, Inspection, Signature
from modelkeep.domain.answers.pages import Version
from modelkeep.domain.json_values import Json
from modelkeep.reads import recorded
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.facts import facts_of
from modelkeep.store.db.sql.references import Resolved

#: More tensors than these that differ are counted.
_MOST_TENSORS = 40

#: The values of each section by key.
Side = dict[str, dict[str, Json]]


def contents_of_versions(reader: Reader, chosen: Sequence[Resolved], pages: Sequence[Version]) -> list[Side]:
    """Return the sections ``format``, ``signature`` and ``tensors`` of each version."""
    alone = all(page.inspection is None or len(page.inspection.files) == 1 for page in pages)
    tensors: list[dict[str, str]] = []
    if all(page.inspection is not None and page.inspection.tensors for page in pages):
        tensors = [_tensors(reader, each) for each in chosen]
    compared = _few(tensors) if all(tensors) else []
    return [
        {
            "format": {} if page.inspection is None else _format(page.inspection, alone=alone),
            "signature": {} if page.signature is None else _signature(page.signature),
            "tensors": dict(compared[place]) if compared else {},
        }
        for place, page in enumerate(pages)
    ]


def _format(found: Inspection, *, alone: bool) -> dict[str, Json]:
    """Return the facts of the whole and of each file; ``alone``: versions have one file, so its path tells nothing."""
    facts: dict[str, Json] = {"format": found.format or ", ".join(found.formats)}
    for name, value in (("parameters", found.parameters), ("tensors", found.tensors)):
        facts |= {} if value is None else {name: value}
    facts |= found.facts
    for kind in SERIOUS:
        texts = [": ".join(filter(None, (each.file, each.text))) for each in found.problems if each.kind == kind]
        facts |= {kind: "; ".join(texts)} if texts else {}
    for file in found.files:
        for name, text in file.facts.items():
            key = name if alone else f"{file.path} {name}"
            facts.setdefault(key, text)
    return facts


def _signature(found: Signature) -> dict[str, Json]:
    """Return the type of each input, output and param by its name, or by its place where it has none."""
    parts = (("input", found.inputs), ("output", found.outputs), ("param", found.params))
    return {
        f"{part} {place if field.name is None else field.name}": field.dtype
        + (f"[{', '.join(field.shape)}]" if field.shape else "")
        + (" (optional)" if field.optional else "")
        for part, fields in parts
        for place, field in enumerate(fields)
    }


def _tensors(reader: Reader, version: Resolved) -> dict[str, str]:
    """Return type and shape of each tensor; nothing where the inspection left tensors out."""
    document = recorded.inspection_document(reader, facts_of(reader, None, version.model, version.number or 0))
    if document is None or any(file.fact("tensors") not in {None, str(len(file.tensors))} for file in document.files):
        return {}
    return {each.name: f"{each.dtype}[{', '.join(each.shape)}]" for file in document.files for each in file.tensors}


def _few(sides: Sequence[Mapping[str, str]]) -> list[Mapping[str, Json]]:
    """Return the tensors that differ, or where these are many, how many are added, removed, reshaped, of another type."""
    if not sides:
        return []
    names = dict.fromkeys(name for side in sides for name in side)
    different = [name for name in names if len({side.get(name) for side in sides}) > 1]
    if len(different) <= _MOST_TENSORS:
        return [{name: side[name] for name in different if name in side} for side in sides]
    counts = [_counts(sides[0], side) for side in sides]
    words = [word for word in counts[0] if any(count[word] for count in counts)]
    return [{word: count[word] for word in words} for count in counts]


def _counts(first: Mapping[str, str], other: Mapping[str, str]) -> dict[str, int]:
    """Return how many tensors of the other side differ from the first, and how."""
    both = first.keys() & other.keys()
    return {
        "added": len(other.keys() - first.keys()),
        "removed": len(first.keys() - other.keys()),
        "reshaped": sum(first[name].partition("[")[2] != other[name].partition("[")[2] for name in both),
        "of another type": sum(first[name].partition("[")[0] != other[name].partition("[")[0] for name in both),
    }
