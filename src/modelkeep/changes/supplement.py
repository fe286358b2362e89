"""`supplement`: what is found or told of a version after it was registered.

Files are read before the change begins: nothing is read under the writers' lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import Any

from msgspec import Struct

from modelkeep.changes.change_request import ChangeRequest, Resolve, subject_of
from modelkeep.changes.inspecting import FoundContents
from modelkeep.changes.signature import given_signature
from modelkeep.context import Context
from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.known_documents import Interface
from modelkeep.domain.signatures import signature_words
from modelkeep.domain.verbs.supplement import Supplement
from modelkeep.errors import Conflict, NotFound, UsageError
from modelkeep.formats.inspection import Found
from modelkeep.provenance.licence import parse_licence
from modelkeep.reads.references import Say, refuse_bytes_of_deleted, version_of
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import manifests
from modelkeep.store.db.sql.facts import interface_of
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.state import SqlState

_HINT = "supplement {} --licence Apache-2.0"
_SHORT_DIGEST = len("sha256:") + 12


class _Inspected(Struct, frozen=True):
    """What is in the bytes of a version, and which version that is."""

    digest: str
    contents: Found


class Facts(Struct, frozen=True):
    """What is to be added to a version."""

    licence: str | None = None
    interface: Interface | None = None
    inspected: _Inspected | None = None


def given_facts(context: Context, ref: str, licence: str | None, signature: Any, *, inspect: bool) -> Facts:
    """Return what was given or is in the stored bytes; `UsageError` where nothing is to be added."""
    if licence is None and signature is None and not inspect:
        message = "supplement needs something to add"
        raise UsageError(message, f"modelkeep supplement {quote(ref)} --licence Apache-2.0")
    interface = None if signature is None else given_signature(signature)
    found = _stored_contents(context, ref) if inspect else None
    return Facts(
        licence=None if licence is None else parse_licence(licence),
        interface=interface,
        inspected=found,
    )


def _stored_contents(context: Context, ref: str) -> _Inspected:
    """Return what is in the stored bytes of a version."""
    from modelkeep.reads.inspect import read_stored

    with snapshot(context, None) as (reader, at):
        found = version_of(reader, ref, context.say, _HINT, at)
        refuse_bytes_of_deleted(reader, found.model, found.name, found.number or 0)
        manifest, _ = manifests.artifact(reader, found.model, found.number or 0)
    contents = read_stored(context, manifest)
    if contents.inspection is None:
        message = f"no file of {found.ref} is of a format that modelkeep knows"
        raise NotFound(message, f"modelkeep inspect {quote(found.ref)}")
    return _Inspected(manifest.digest, contents)


def supplement(ref: str, facts: Facts) -> Resolve:
    """Return the change that adds facts to a version."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, _HINT)
        inspection, interface = None, facts.interface
        if facts.inspected is not None:
            if facts.inspected.digest != found.digest:
                message = f"{found.ref} is another version than the one that was inspected"
                raise Conflict(message, "try again")
            inspection = facts.inspected.contents.inspection
            known = SqlState(reader).fact(found.model, found.number or 0, "interface", "")
            interface = interface or (facts.inspected.contents.interface if known is None else None)
        added = FoundContents(inspection, interface)
        command = Supplement(inspected=added.inspected, interface=added.signature, licence=facts.licence)
        effects = tuple(_effects(reader, found, command, added))
        warnings = tuple(f"warning: {each}" for each in added.warnings)
        return ChangeRequest(command, subject_of(found), documents=added.documents, effects=effects, notes=warnings)

    return resolve


def _effects(reader: Reader, found: Resolved, command: Supplement, added: FoundContents) -> Iterator[Effect]:
    """Yield what is added and what it replaces."""
    state, model, number = SqlState(reader), found.model, found.number or 0
    licence = state.fact(model, number, "licence", "")
    if command.licence not in (None, licence):
        yield Effect("licence", licence or NONE, command.licence or NONE)
    before = state.fact(model, number, "interface", "")
    if added.interface is not None and command.interface != before:
        old = None if before is None else signature_words(interface_of(reader, before))
        yield Effect("signature", old or NONE, signature_words(added.interface))
    before = state.fact(model, number, "inspection", "")
    if command.inspected not in (None, before):
        yield Effect("inspection", NONE if before is None else before[:_SHORT_DIGEST], added.words or NONE)
