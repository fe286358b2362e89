"""`supplement`: what is found or told of a version after it was registered.

Files are read before the change begins: nothing is read under the writers' lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from msgspec import Struct

from modelkeep.changes.attachments import Attached, attach_later
from modelkeep.changes.change_request import ChangeRequest, Resolve, subject_of
from modelkeep.changes.register_request import given_environment
from modelkeep.context import Context
from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.known_documents import Interface, to_document
from modelkeep.domain.signatures import signature_words
from modelkeep.domain.verbs.supplement import Supplement
from modelkeep.errors import UsageError
from modelkeep.local_path import local_path
from modelkeep.provenance.licence import parse_licence
from modelkeep.provenance.signature_source import read_signature
from modelkeep.reads.references import Say, version_of
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.facts import interface_of
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.state import SqlState
from modelkeep.store.named_paths import seen

_SHORT_DIGEST = len("sha256:") + 12


class Facts(Struct, frozen=True):
    """What is to be added to a version."""

    licence: str | None = None
    interface: Interface | None = None
    environment: bytes | None = None
    attached: Attached = Attached()


def given_facts(
    context: Context, ref: str, licence: str | None, signature: Any, env: str | None, attach: Sequence[str]
) -> Facts:
    """Return what was given, read from its files; `UsageError` where it is nothing."""
    if licence is None and signature is None and env is None and not attach:
        message = "supplement needs something to add"
        raise UsageError(message, f"modelkeep supplement {quote(ref)} --licence Apache-2.0")
    return Facts(
        environment=None if env is None else _environment(context, env),
        attached=attach_later(context, attach),
        licence=None if licence is None else parse_licence(licence),
        interface=None if signature is None else given_signature(signature),
    )


def _environment(context: Context, env: str) -> bytes:
    captured = given_environment(context, env)
    document = captured.document()
    if document is None:
        message = f"there is no environment to add: {captured.note or '--env none names none'}"
        raise UsageError(message, "--env requirements.txt")
    if captured.note is not None:
        context.say(f"note: {captured.note}")
    return document


def given_signature(given: str | Mapping[str, Any]) -> Interface:
    """Return the signature that a file or an object says; links on the way to a file as in `store.named_paths`."""
    if not isinstance(given, str):
        return read_signature(given)
    path = local_path(given, "--signature")
    return read_signature(path, None if path == "-" else seen(path))


def supplement(ref: str, facts: Facts) -> Resolve:
    """Return the change that adds facts to a version."""
    documents = {}
    if facts.interface is not None:
        data = to_document(facts.interface)
        documents[digest_of(data)] = data
    documents |= facts.attached.documents
    if facts.environment is not None:
        documents[digest_of(facts.environment)] = facts.environment
    command = Supplement(
        attachments=facts.attached.attachments,
        environment=None if facts.environment is None else digest_of(facts.environment),
        interface=None if facts.interface is None else digest_of(to_document(facts.interface)),
        licence=facts.licence,
    )

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, "supplement {} --licence Apache-2.0")
        for note in facts.attached.notes:
            say(f"note: {note}")
        effects = tuple(_effects(reader, found, command, facts))
        return ChangeRequest(command, subject_of(found), documents=documents, effects=effects)

    return resolve


def _effects(reader: Reader, found: Resolved, command: Supplement, facts: Facts) -> Iterator[Effect]:
    """Yield what is added and what it replaces."""
    state, model, number = SqlState(reader), found.model, found.number or 0
    licence = state.fact(model, number, "licence", "")
    if facts.licence not in (None, licence):
        yield Effect("licence", licence or NONE, facts.licence or NONE)
    before = state.fact(model, number, "interface", "")
    if facts.interface is not None and command.interface != before:
        old = None if before is None else signature_words(interface_of(reader, before))
        yield Effect("signature", old or NONE, signature_words(facts.interface))
    before = state.fact(model, number, "environment", "")
    if command.environment not in (None, before):
        yield Effect("environment", _short(before), _short(command.environment))
    for attachment in command.attachments:
        before = state.fact(model, number, f"attachment.{attachment.kind}", attachment.name)
        if before != attachment.digest:
            yield Effect(f"attachment {attachment.name}", _short(before), _short(attachment.digest))


def _short(digest: str | None) -> str:
    """Return the beginning of a digest, as sentences have it."""
    return NONE if digest is None else digest[:_SHORT_DIGEST]
