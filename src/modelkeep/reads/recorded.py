"""What the log has recorded of the files of a version: their inspection and the signature, as of a moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.facts import Fact, document_of, interface_of, time_of

if TYPE_CHECKING:
    from modelkeep.domain import known_documents as known
    from modelkeep.domain.answers.inspections import Inspection, Signature

#: The newest facts of a version by kind and name.
Facts: TypeAlias = Mapping[tuple[str, str], Fact]


def inspection(reader: Reader, facts: Facts) -> Inspection | None:
    """Return what was found in the files of a version; None where nothing was recorded."""
    fact = facts.get(("inspection", ""))
    if fact is None:
        return None
    from modelkeep.domain.inspections import inspection_of

    return inspection_of(_document(reader, fact), fact.value, time_of(reader, fact.seq))


def inspection_document(reader: Reader, facts: Facts) -> known.Inspection | None:
    """Return the document of the inspection, which has the tensors too."""
    fact = facts.get(("inspection", ""))
    return None if fact is None else _document(reader, fact)


def signature(reader: Reader, facts: Facts) -> Signature | None:
    """Return the signature of a version; None where none is known."""
    fact = facts.get(("interface", ""))
    if fact is None:
        return None
    from modelkeep.domain.inspections import signature_of

    return signature_of(interface_of(reader, fact.value))


def _document(reader: Reader, fact: Fact) -> known.Inspection:
    from modelkeep.domain.known_documents import parse_inspection

    return document_of(reader, fact.value, "inspection", parse_inspection)
