"""Checks of one entry of the log: its place, its form, its details and documents, its decision. Pure; nothing is raised.

A check that fails yields a `Problem`; the caller adds where it read the entry, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from itertools import zip_longest
from types import MappingProxyType

from msgspec import Struct

from modelkeep.domain.decide import decide
from modelkeep.domain.details import Details, RedactedLine, digest_of_text
from modelkeep.domain.entry import Entry
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.manifest import parse_artifact
from modelkeep.domain.record import Hash, encode_canonical
from modelkeep.domain.state import State
from modelkeep.domain.text import pattern, printable
from modelkeep.domain.times import parse_stored
from modelkeep.domain.verbs.interface import AlreadySo, Event
from modelkeep.errors import Damaged, ModelkeepError

#: How far a writer's clock may be behind the log before there is a warning.
CLOCK_MAY_LAG = timedelta(minutes=5)
_ID = pattern(r"[0-9a-f]{32}")
_TOLD = 300


class Problem(Struct, frozen=True):
    """Something wrong with an entry, or odd where ``severity`` is ``warning``."""

    code: str
    message: str
    severity: str = "error"


class Link(Struct, frozen=True):
    """The entry that the next one must chain to; ``time`` is None where it could not be read."""

    seq: int
    hash: str
    time: str | None


def check_link(entry: Entry, seq: int, before: Link | None) -> Iterator[Problem]:
    """Yield the problems of an entry's place: ``seq`` is its number in the table, ``before`` the entry before it."""
    if entry.seq != seq:
        yield Problem("seq", f"it says it is entry {entry.seq}")
    prev = None if before is None else before.hash
    if entry.prev != prev and before is None:
        yield Problem("chain", f"it is the first and holds on to another one: {entry.prev}")
    elif entry.prev != prev and before is not None:
        yield Problem(
            "chain",
            f"it holds on to {entry.prev or 'nothing'}, and entry {before.seq} has the hash {prev}: "
            f"one of the two is not what was written",
        )
    yield from _check_times(entry, None if before is None else before.time)


def check_frame(entry: Entry, registry: str | None) -> Iterator[Problem]:
    """Yield the problems of ids and signatures; ``registry`` is the id in the first entry."""
    intent = entry.intent
    for what, text in (("registry", intent.registry), ("intent", intent.id)):
        if not _ID.fullmatch(text):
            yield Problem(
                "damaged", f"not an id of a{'n' if what == 'intent' else ''} {what}: {printable(text)[:_TOLD]}"
            )
    if registry is not None and intent.registry != registry:
        yield Problem(
            "registry", f"it belongs to the registry {printable(intent.registry)[:_TOLD]}, this one is {registry}"
        )
    actor = intent.actor
    if entry.signatures or (actor is not None and (actor.key is not None or actor.ci is not None)):
        yield Problem("signature", "it bears a signature or a key, which this modelkeep cannot check")
    elif actor is not None:
        yield Problem("signature", "it names a person, and nothing proves it")
    if intent.not_after is not None and not entry.signatures:
        yield Problem("signature", "it has a date to expire at, which only what is signed has")


def check_details(
    entry: Entry, text: str | None, *, new: bool, sha256: Hash = digest_of
) -> tuple[Details | None, tuple[Problem, ...]]:
    """Return the details that an entry names, and their problems; ``new`` says that no entry before names them."""
    digest = entry.intent.details
    if digest is None:
        return None, ()
    if text is None:
        return None, (Problem("details", f"its details {digest} are missing"),)
    try:
        details = Details.parse(text)
    except Damaged as error:
        return None, (Problem("details", f"its details {digest}: {error.message}"),)
    problems = []
    found = digest_of_text(text, sha256)
    if found != digest:
        problems.append(Problem("details", f"its details were changed: they are {found}, not {digest}"))
    problems += [
        Problem("details", f"line {number} of its details was taken out, and no entry says so")
        for number, line in enumerate(details.lines, start=1)
        if isinstance(line, RedactedLine)
    ]
    if not new:
        problems.append(Problem("details", f"its details {digest} belong to an entry before it"))
    return details, tuple(problems)


def check_document(digest: str, kind: str, data: bytes | None, sha256: Hash = digest_of) -> Problem | None:
    """Return the problem of a document that an entry names as one of a kind, None where it has none."""
    if data is None:
        return Problem("document", f"its {kind} {digest} is missing")
    found = sha256(data)
    if found != digest:
        return Problem("document", f"its {kind} was changed: the bytes are {found}, not {digest}")
    try:
        _FORM[kind](data)
    except Damaged as error:
        return Problem("document", f"its {kind} {digest}: {error.message}")
    return None


def _check_policy(data: bytes) -> None:
    from modelkeep.domain.policy.rules import parse_rules  # most entries name no policy

    parse_rules(data)


def _check_metrics(data: bytes) -> None:
    from modelkeep.domain.metrics_document import MetricsDocument

    MetricsDocument.from_bytes(data)


def _check_plan(data: bytes) -> None:
    from modelkeep.domain.policy.plan import parse_plan

    parse_plan(data)


def _check_known(kind: str, data: bytes) -> None:
    from modelkeep.domain.known_documents import PARSERS

    PARSERS[kind](data)


def _check_utf8(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        message = f"not UTF-8: {error}"
        raise Damaged(message) from error


#: What the bytes of each kind of document must be; evidence may be anything.
_FORM: Mapping[str, Callable[[bytes], object]] = {
    "manifest": lambda data: parse_artifact("tree", data),
    "pointer": lambda data: parse_artifact("pointer", data),
    "metrics": _check_metrics,
    "policy": _check_policy,
    "policy source": _check_utf8,
    "plan": _check_plan,
    "evidence": lambda _data: None,
    **{
        kind: partial(_check_known, kind) for kind in ("inspection", "interface", "environment", "attachment", "schema")
    },
}


def judge(
    state: State, entry: Entry, details: Details | None = None, documents: Mapping[str, bytes] = MappingProxyType({})
) -> Problem | None:
    """Decide an entry again on the state before it; return the problem where the log has another decision."""
    try:
        decided = decide(state, entry.intent, entry.observed, entry.time, details, documents)
    except ModelkeepError as error:
        return Problem("decision", f"{entry.intent.kind} could not have been written: {error.message}")
    if isinstance(decided, AlreadySo):
        return Problem("decision", f"{entry.intent.kind} could not have been written: nothing to do, {decided.why}")
    for number, (written, right) in enumerate(zip_longest(entry.events, decided), start=1):
        if written != right:
            return Problem("decision", f"event {number} is {_shown(written)}, by the rules it is {_shown(right)}")
    return None


def _check_times(entry: Entry, before: str | None) -> Iterator[Problem]:
    try:
        time = parse_stored(entry.time)
        clock = time if entry.clock is None else parse_stored(entry.clock)
        if entry.intent.time != entry.time:
            parse_stored(entry.intent.time)
    except Damaged as error:
        yield Problem("time", error.message)
        return
    if before is not None and entry.time < before:
        yield Problem("time", f"its time {entry.time} is before the one of the entry before it, {before}")
    elif entry.time != max(entry.clock_time, before or entry.clock_time):
        why = f"its time {entry.time} is neither its clock's {entry.clock_time} nor the entry's before it"
        yield Problem("time", why)
    if time - clock > CLOCK_MAY_LAG:
        behind = (time - clock) // timedelta(minutes=1)
        yield Problem("clock", f"the clock of the machine that wrote it was {behind} minutes behind the log", "warning")


def _shown(event: Event | None) -> str:
    return "none" if event is None else printable(encode_canonical(event).decode())[:_TOLD]
