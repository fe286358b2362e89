"""Answers about what is in a version, made from the documents of the log."""

from __future__ import annotations

from modelkeep.domain import known_documents as known
from modelkeep.domain.answers.inspections import (
    FieldRow,
    FileFormat,
    Inspection,
    PartRow,
    ProblemRow,
    Signature,
    TensorRow,
)
from modelkeep.domain.record import LARGEST_NUMBER


def inspection_of(found: known.Inspection, digest: str | None = None, since: str | None = None) -> Inspection:
    """Return what an inspection found, for people and programs."""
    return Inspection(
        format=found.kind,
        formats=found.formats,
        parameters=_total(found, "parameters"),
        tensors=_total(found, "tensors"),
        facts=dict(found.facts),
        files=tuple(FileFormat(each.path, each.format, dict(each.facts), each.globals) for each in found.files),
        parts=tuple(PartRow(each.role, each.name, each.digest, each.paths) for each in found.parts),
        problems=tuple(ProblemRow(each.kind, each.text, path) for path, each in found.all_problems),
        unread=found.unread or 0,
        digest=digest,
        since=since,
    )


def signature_of(found: known.Interface) -> Signature:
    """Return a signature, for people and programs."""
    inputs, outputs, params = (
        tuple(FieldRow(each.dtype, each.name, each.shape, each.optional) for each in part)
        for part in (found.inputs, found.outputs, found.params)
    )
    return Signature(inputs, outputs, params)


def tensors_of(found: known.Inspection) -> tuple[TensorRow, ...]:
    """Return the tensors of all files."""
    return tuple(
        TensorRow(file.path, each.name, each.dtype, each.shape) for file in found.files for each in file.tensors
    )


def _total(found: known.Inspection, fact: str) -> int | None:
    """Return a number that the artifact says as a whole, else the sum over its files.

    None where none says it, or where the files are several models of GGUF: quantisations of one model are not added.
    """
    whole = _whole_number(dict(found.facts).get(fact))
    if whole is not None:
        return whole
    if len(_gguf_models(found)) > 1:
        return None
    numbers = [number for file in found.files if (number := _number_of(file, fact)) is not None]
    total = sum(numbers)
    return total if numbers and total <= LARGEST_NUMBER else None


def _gguf_models(found: known.Inspection) -> set[str]:
    """Return the models of GGUF, each by the path of its file or by what its shards have in common."""
    return {file.fact("shard-group") or file.path for file in found.files if file.format == "gguf"}


def _number_of(file: known.FileInspection, fact: str) -> int | None:
    return _whole_number(file.fact(fact))


def _whole_number(text: str | None) -> int | None:
    """Return a whole number that JSON keeps; other texts are None."""
    longest = len(str(LARGEST_NUMBER))
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > longest:
        return None
    number = int(text)
    return number if number <= LARGEST_NUMBER else None
