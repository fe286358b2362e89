"""`supplement`: what is found or told of a version after it was registered.

Files are read before the change begins: nothing is read under the writers' lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.changes.attachments import Attached, attach_later
from modelkeep.changes.change_request import ChangeRequest, Resolve, subject_of
from modelkeep.changes.inspecting import FoundContents
from modelkeep.changes.register_request import given_environment
from modelkeep.changes.signature import given_signature
from modelkeep.context import Context
from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.known_documents import Environment, Interface, parse_environment, to_document
from modelkeep.domain.signatures import signature_words
from modelkeep.domain.verbs.supplement import Supplement
from modelkeep.errors import Conflict, NotFound, UsageError
from modelkeep.formats.inspection import Found
from modelkeep.provenance.licence import parse_licence
from modelkeep.reads.references import Say, refuse_bytes_of_deleted, version_of
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import manifests
from modelkeep.store.db.sql.facts import document_of, interface_of
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.state import SqlState

_HINT = "supplement {} --licence Apache-2.0"
_SHORT_DIGEST = len("sha256:") + 12


class Given(Struct, frozen=True):
    """The additions as the user gave them: an SPDX expression, a file or an object, a file, files, the stored bytes."""

    licence: str | None = None
    signature: str | Mapping[str, Any] | None = None
    env: str | None = None
    attach: Sequence[str] = ()
    inspect: bool = False


class _Inspected(Struct, frozen=True):
    """What is in the bytes of a version, and the digest of that version."""

    digest: str
    found: Found


class Facts(Struct, frozen=True):
    """The additions to a version."""

    licence: str | None = None
    interface: Interface | None = None
    environment: Environment | None = None
    attached: Attached = Attached()
    inspected: _Inspected | None = None


def find_facts(context: Context, ref: str, given: Given) -> Facts:
    """Return what was given, read from its files, and what is in the stored bytes; `UsageError` where nothing is to be added."""
    if given == Given(attach=given.attach) and not given.attach:
        message = "supplement needs something to add"
        raise UsageError(message, f"modelkeep supplement {quote(ref)} --licence Apache-2.0")
    return Facts(
        environment=None if given.env is None else _environment(context, given.env),
        attached=attach_later(context, given.attach),
        licence=None if given.licence is None else parse_licence(given.licence),
        interface=None if given.signature is None else given_signature(given.signature),
        inspected=_stored_contents(context, ref) if given.inspect else None,
    )


def _environment(context: Context, env: str) -> Environment:
    captured = given_environment(context, env)
    if captured.environment is None:
        message = f"there is no environment to add: {captured.note or '--env none names none'}"
        raise UsageError(message, "--env requirements.txt")
    if captured.note is not None:
        context.say(f"note: {captured.note}")
    return captured.environment


def _with_recorded(reader: Reader, resolved: Resolved, given: Environment) -> Environment:
    """Return an environment with the Python and the machine of the recorded one, where a file of packages names none."""
    before = SqlState(reader).fact(resolved.model, resolved.number or 0, "environment", "")
    if before is None or given.lock is None:
        return given
    recorded = document_of(reader, before, "environment", parse_environment)
    about = ("python", "implementation", "system", "machine", "accelerators")
    return replace(given, **{name: getattr(given, name) or getattr(recorded, name) for name in about})


def _stored_contents(context: Context, ref: str) -> _Inspected:
    """Return what is in the stored bytes of a version."""
    from modelkeep.reads.inspect import read_stored

    with snapshot(context, None) as (reader, at):
        resolved = version_of(reader, ref, context.say, _HINT, at)
        refuse_bytes_of_deleted(reader, resolved.model, resolved.name, resolved.number or 0)
        manifest, _ = manifests.artifact(reader, resolved.model, resolved.number or 0)
    found = read_stored(context, manifest)
    if found.inspection is None:
        message = f"no file of {resolved.ref} is of a format that modelkeep knows"
        raise NotFound(message, f"modelkeep inspect {quote(resolved.ref)}")
    return _Inspected(manifest.digest, found)


def supplement(ref: str, facts: Facts) -> Resolve:
    """Return the change that adds facts to a version."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        resolved = version_of(reader, ref, say, _HINT)
        for note in facts.attached.notes:
            say(f"note: {note}")
        contents = _contents(reader, resolved, facts)
        documents = contents.documents | facts.attached.documents
        environment = None
        if facts.environment is not None:
            document = to_document(_with_recorded(reader, resolved, facts.environment))
            environment = digest_of(document)
            documents[environment] = document
        command = Supplement(
            attachments=facts.attached.attachments,
            environment=environment,
            inspected=contents.inspected,
            interface=contents.signature,
            licence=facts.licence,
        )
        effects = tuple(_effects(reader, resolved, command, contents))
        warnings = tuple(f"warning: {each}" for each in contents.warnings)
        return ChangeRequest(command, subject_of(resolved), documents=documents, effects=effects, notes=warnings)

    return resolve


def _contents(reader: Reader, resolved: Resolved, facts: Facts) -> FoundContents:
    """Return the inspection and the signature to add; that of the format only where none is recorded."""
    if facts.inspected is None:
        return FoundContents(interface=facts.interface)
    if facts.inspected.digest != resolved.digest:
        message = f"{resolved.ref} is another version than the one that was inspected"
        raise Conflict(message, "try again")
    found, interface = facts.inspected.found, facts.interface
    if interface is None and SqlState(reader).fact(resolved.model, resolved.number or 0, "interface", "") is None:
        interface = found.interface
    return FoundContents(found.inspection, interface)


def _effects(reader: Reader, resolved: Resolved, command: Supplement, contents: FoundContents) -> Iterator[Effect]:
    """Yield what is added and what it replaces."""
    state, model, number = SqlState(reader), resolved.model, resolved.number or 0
    licence = state.fact(model, number, "licence", "")
    if command.licence not in (None, licence):
        yield Effect("licence", licence or NONE, command.licence or NONE)
    before = state.fact(model, number, "interface", "")
    if contents.interface is not None and command.interface != before:
        old = None if before is None else signature_words(interface_of(reader, before))
        yield Effect("signature", old or NONE, signature_words(contents.interface))
    before = state.fact(model, number, "inspection", "")
    if command.inspected not in (None, before):
        yield Effect("inspection", _short(before), contents.words or NONE)
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
