r"""Entries of the log: their canonical bytes, their hashes, and how each holds on to the one before.

An entry's hash is SHA-256(0x00 ‖ bytes), the leaf hash of RFC 6962, so that a line of shell checks
it: ``(printf '\0'; cat entry) | sha256sum``.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from modelkeep.domain import canonical, events, records
from modelkeep.domain.events import Event
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.intents import Intent, Register
from modelkeep.domain.patterns import pattern
from modelkeep.errors import Damaged, SchemaMismatch, UsageError

FORMAT_NUMBER = 1
FORMAT = f"modelkeep entry {FORMAT_NUMBER}"
LARGEST = 65_535
_COUNTED = pattern(r"[1-9][0-9]{0,8}")


class Observed(Struct, frozen=True):
    """What the writer saw outside the log; ``absent`` are digests of versions whose bytes were missing."""

    absent: tuple[str, ...]
    client: str
    groups: tuple[str, ...]
    uid: int | None
    user: str
    user_namespace: bool
    via: str | None


class Signature(Struct, frozen=True):
    """A proof of who asked: ``form`` is ``sshsig`` or ``oidc``."""

    form: str
    value: str


class Entry(Struct, frozen=True):
    """One intent and the events it led to, chained to the entry before."""

    seq: int
    prev: str | None
    clock: str
    time: str
    intent: Intent
    observed: Observed
    events: tuple[Event, ...]
    signatures: tuple[Signature, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the canonical bytes; more than 65,535 raise ``UsageError``."""
        data = canonical.encode(
            {
                "clock": self.clock,
                "events": [events.to_json(event) for event in self.events],
                "format": FORMAT,
                "intent": self.intent.to_json(),
                "observed": records.to_json(self.observed),
                "prev": self.prev,
                "seq": self.seq,
                "signatures": records.to_json(self.signatures),
                "time": self.time,
            },
        )
        if len(data) > LARGEST:
            message = f"an entry of the log has at most {LARGEST} bytes, this one would have {len(data)}"
            raise UsageError(message, "give fewer metrics or datasets at once; evaluate adds metrics later")
        return data


def hash_of(data: bytes, digest: Callable[[bytes], str] = digest_of) -> str:
    """Return the hash of an entry's bytes; whoever hashes many has a quicker SHA-256."""
    return digest(b"\0" + data)


def parse(data: bytes) -> Entry:
    """Read an entry strictly from its bytes.

    Raises ``Damaged`` for what is not an entry of a format we know, ``SchemaMismatch`` for one of a
    higher format.
    """
    json = canonical.decode(data)
    if not isinstance(json, dict):
        message = "entry: not an object"
        raise Damaged(message)
    _check_format(json.get("format"))
    if len(data) > LARGEST:
        message = f"entry: longer than {LARGEST} bytes"
        raise Damaged(message)
    happened = json.get("events")
    if not isinstance(happened, list) or not happened:
        message = "entry: no events"
        raise Damaged(message)
    frame = records.from_json(_Frame, json, "entry", ("events", "format", "intent"))
    return Entry(
        seq=frame.seq,
        prev=frame.prev,
        clock=frame.clock,
        time=frame.time,
        intent=Intent.from_json(json["intent"]),
        observed=frame.observed,
        events=tuple(events.from_json(event) for event in happened),
        signatures=frame.signatures,
    )


def documents_of(entry: Entry) -> tuple[str, ...]:
    """Return the digests of the documents an entry names."""
    subject = entry.intent.subject
    if isinstance(entry.intent.arguments, Register) and subject is not None and subject.digest is not None:
        return (subject.digest,)
    return ()


def _check_format(text: object) -> None:
    if text == FORMAT:
        return
    word, _, number = str(text).rpartition(" ")
    if word == "modelkeep entry" and _COUNTED.fullmatch(number) and int(number) > FORMAT_NUMBER:
        message = f"the log has entries of format {number}, this modelkeep knows {FORMAT_NUMBER}"
        raise SchemaMismatch(message, "install a newer modelkeep")
    message = f"entry: unknown format {str(text)[:100]!r}"
    raise Damaged(message)


class _Frame(Struct, frozen=True):
    seq: int
    prev: str | None
    clock: str
    time: str
    observed: Observed
    signatures: tuple[Signature, ...]
