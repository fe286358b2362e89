r"""Entries of the log: one intent and the events it led to, chained to the entry before.

An entry's hash is SHA-256(0x00 ‖ bytes), the leaf hash of RFC 6962, so that a line of shell checks it:
``(printf '\0'; cat entry) | sha256sum``. An intent is complete before any lock is taken, so that it can be signed.
"""

from __future__ import annotations

import functools
import operator
import re
from typing import Generic, cast

import msgspec
from msgspec import Struct
from msgspec.json import Decoder
from typing_extensions import TypeVar

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.record import Count, Hash, LogValue, Ordinal, Whole, decode_canonical, encode_canonical
from modelkeep.domain.text import printable
from modelkeep.domain.verbs.interface import Command, Event
from modelkeep.domain.verbs.words import EntryWords, Texts
from modelkeep.errors import Damaged, SchemaMismatch, UsageError

#: The number of the log's format: which fields, kinds and rules an entry may have.
FORMAT_NUMBER = 1
#: The most bytes that an entry may have.
LARGEST_ENTRY = 65_535
_FORMAT = "modelkeep entry "

C = TypeVar("C", bound=Command, default=Command)
E = TypeVar("E", bound=Event, default=Event)


class Subject(LogValue, frozen=True):
    """What an intent is about: references are resolved, and a version is named by its digest too.

    ``model`` is the ``seq`` of its ModelCreated; in `register` absent means: create it where it is missing.
    """

    name: str
    model: Ordinal | None = None
    version: Ordinal | None = None
    digest: str | None = None
    stage: str | None = None


class Expect(LogValue, frozen=True):
    """The version that must hold the stage (or the alias) for the intent to happen; 0 is none."""

    holder: Count


class Seen(LogValue, frozen=True):
    """The head of the log that the author knew."""

    hash: str
    seq: Ordinal


class CiIdentity(LogValue, frozen=True):
    """Who a CI system says its job is."""

    issuer: str
    subject: str


class Actor(LogValue, frozen=True):
    """Who the author claims to be; who the machine says it is stands in `Observed`."""

    person: str | None = None
    key: str | None = None
    ci: CiIdentity | None = None


class Origin(LogValue, frozen=True):
    """Where an imported fact comes from; ``entry`` names one fact there, ``evidence`` a document."""

    system: str
    registry: str | None = None
    entry: str | None = None
    time: str | None = None
    evidence: str | None = None


class Intent(LogValue, Generic[C], frozen=True, kw_only=True, tag_field="format", tag="modelkeep intent 1"):
    """What was asked for, before it is known whether and how it happens; ``time`` is the author's clock."""

    registry: str
    id: str
    command: C
    time: str
    subject: Subject | None = None
    expect: Expect | None = None
    details: str | None = None
    seen: Seen | None = None
    not_after: str | None = None
    actor: Actor | None = None
    origin: Origin | None = None

    @property
    def kind(self) -> str:
        """The verb, as the log writes it."""
        return str(self.command.__struct_config__.tag)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes, which are what a signature is made over."""
        return encode_canonical(self)

    @property
    def fact_digest(self) -> str:
        """The digest of what an imported fact says: its command and subject, whatever the model is called now."""
        subject = self.subject
        about = None if subject is None else (subject.version, subject.digest, subject.stage)
        return digest_of(encode_canonical([self.command, about]))


class Via(LogValue, frozen=True):
    """The transport that a change came through and whom it authenticated: ``ssh``, ``postgres``, ``mlflow``."""

    kind: str
    identity: str


class Observed(LogValue, frozen=True, kw_only=True):
    """What the writer saw outside the log.

    ``login`` is the audit login uid where it differs from ``uid``, ``login_user`` its name; ``groups`` are those that matched a rule; ``absent``
    are digests of versions whose bytes were missing.
    """

    client: str
    user: str
    uid: Whole | None = None
    login: Whole | None = None
    login_user: str | None = None
    user_namespace: bool = False
    groups: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    via: Via | None = None

    @property
    def login_name(self) -> str | None:
        """Who logged in, where that is another account: its name, or ``uid:1000``."""
        return self.login_user or (None if self.login is None else f"uid:{self.login}")


class Signature(LogValue, frozen=True):
    """A proof of who asked: ``form`` is ``sshsig`` or ``oidc``."""

    form: str
    value: str


class Entry(LogValue, Generic[C, E], frozen=True, kw_only=True, tag_field="format", tag=f"{_FORMAT}{FORMAT_NUMBER}"):
    """One intent and the events it led to, chained to the entry before.

    ``time`` never falls from entry to entry; ``clock`` is what the writer's clock said where that differs.
    """

    seq: Ordinal
    time: str
    intent: Intent[C]
    observed: Observed
    events: tuple[E, ...] = ()
    prev: str | None = None
    clock: str | None = None
    signatures: tuple[Signature, ...] = ()

    @property
    def actor(self) -> str:
        """The name its author goes by: as proved or configured, else as the machine says."""
        actor = self.intent.actor or Actor()
        return actor.person or (self.observed.user if actor.ci is None else actor.ci.subject)

    @property
    def clock_time(self) -> str:
        """What the writer's clock said."""
        return self.clock or self.time

    @property
    def subject_name(self) -> str | None:
        """The version or model that it is about, under the name it had then; None for neither."""
        subject = self.intent.subject
        if subject is None:
            return None
        from modelkeep.domain.verbs.register import VersionRegistered  # writing other entries does not need it

        registered = next((event.version for event in self.events if isinstance(event, VersionRegistered)), None)
        version = subject.version or registered
        return subject.name if version is None else f"{subject.name}@{version}"

    def sentence(self, texts: Texts = ()) -> str:
        """Return what it did, in the past tense, as ``promoted fraud@4 to production, in place of fraud@3``.

        ``texts`` are fields of its details: description, note and tags; a redacted one is missing. Reason, author and
        time are not part of it.
        """
        # A forged entry may have events that do not follow from its command.
        return (
            self.intent.command.sentence(EntryWords(cast("Entry", self), texts))
            or f"asked to {self.intent.kind} {self.subject_name}"
        )

    def to_bytes(self) -> bytes:
        """Return the canonical bytes; more than 65,535 raise ``UsageError``."""
        data = encode_canonical(self)
        if len(data) > LARGEST_ENTRY:
            message = f"an entry of the log has at most {LARGEST_ENTRY} bytes, this one would have {len(data)}"
            name = "" if self.intent.subject is None else printable(self.intent.subject.name)
            raise UsageError(message, self.intent.command.HINT_IF_TOO_LONG.format(name))
        return data


class _Format(Struct):
    format: str = ""


_FORMAT_DECODER = Decoder(_Format)


def hash_entry(data: bytes, sha256: Hash = digest_of) -> str:
    """Return the hash of an entry's bytes."""
    return sha256(b"\0" + data)


@functools.cache
def _decoder() -> Decoder[Entry]:
    """Return the decoder of all entries; it loads every verb, which takes longer than writing an entry."""
    from modelkeep.domain.verbs.all_verbs import AnyCommand, AnyEvent

    return Decoder(Entry[AnyCommand, AnyEvent])


def parse_entry(data: bytes, written: Entry | None = None) -> Entry:
    """Read an entry strictly from its bytes.

    A writer passes the entry as ``written``, so that only its own verb and events are loaded. Bytes that are no entry
    raise ``Damaged``; an entry of a format that a newer modelkeep wrote raises ``SchemaMismatch``.
    """
    if len(data) > LARGEST_ENTRY:
        message = f"entry: longer than {LARGEST_ENTRY} bytes"
        raise Damaged(message)
    try:
        entry = decode_canonical(data, _decoder() if written is None else _decoder_of(written), "entry")
    except Damaged:
        _check_format(data)
        raise
    if not entry.events:
        message = "entry: no events"
        raise Damaged(message)
    if entry.clock == entry.time:
        message = "entry: not canonical: its clock is written although it is its time"
        raise Damaged(message)
    return entry


def _decoder_of(entry: Entry) -> Decoder[Entry]:
    """Return a decoder that knows the command and the events of one entry."""
    command, events = type(entry.intent.command), functools.reduce(operator.or_, map(type, entry.events))
    return cast("Decoder[Entry]", Decoder(Entry[command, events]))  # type: ignore[valid-type]  # as they are here


def documents_of(entry: Entry) -> dict[str, str]:
    """Return the kind of each document that an entry names, by digest: `domain.checks` knows what each kind must be."""
    subject, command = entry.intent.subject, entry.intent.command
    found = {}
    if command.document_kind is not None and subject is not None and subject.digest is not None:
        found[subject.digest] = command.document_kind
    return {**found, **command.documents()}


def _check_format(data: bytes) -> None:
    """Raise ``SchemaMismatch`` where bytes are an entry of a higher format."""
    try:
        text = _FORMAT_DECODER.decode(data).format
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return
    number = text.removeprefix(_FORMAT)
    if text != number and re.fullmatch("[1-9][0-9]{0,8}", number) and int(number) > FORMAT_NUMBER:
        message = f"the log has entries of format {number}, this modelkeep knows {FORMAT_NUMBER}"
        raise SchemaMismatch(message, "install a newer modelkeep")
