"""The same bytes registered again: a success, unless a typed argument differs from what is recorded; a ``Conflict`` names it.

Captured provenance and ``--bump`` are not compared. A stage or an alias that the version does not hold is a conflict
too: it would be a change of state, which a late retry must not make.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING

from msgspec.structs import replace

from modelkeep.changes.change_request import ChangeRequest
from modelkeep.changes.register_request import Provenance, Request
from modelkeep.domain.answers.pages import Version
from modelkeep.domain.labels import label_key
from modelkeep.domain.numbers import as_number
from modelkeep.domain.urls import scrub_text
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.register import Register
from modelkeep.errors import Conflict
from modelkeep.provenance.values import Pairs
from modelkeep.reads.show import version_page
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import show as select
from modelkeep.store.db.sql.annotations import recorded_metrics
from modelkeep.store.db.sql.deciding import VERSIONS_WITH_DIGEST
from modelkeep.store.db.sql.references import Resolved, name_of
from modelkeep.store.db.state import SqlState

if TYPE_CHECKING:
    from decimal import Decimal


def version_with_same_bytes(
    reader: Reader,
    newest: Version,
    command: Register,
    change: ChangeRequest,
    request: Request,
    provenance: Provenance,
) -> Version:
    """Return the newest version with these bytes that has all that was typed; ``Conflict`` with the ``newest``."""
    subject = change.subject
    differs: Conflict | None = None
    for (number,) in reader.rows(VERSIONS_WITH_DIGEST, model=subject.model, digest=subject.digest):
        found = Resolved(subject.model or 0, subject.name, number, subject.digest)
        existing = newest if number == newest.version else version_page(reader, None, found)
        try:
            _check_same(reader, existing, command, change, request, provenance)
        except Conflict as conflict:
            differs = differs or conflict
        else:
            return existing
    raise differs or Conflict(f"these bytes are {newest.ref} no more", "try again")


def _check_same(
    reader: Reader,
    existing: Version,
    command: Register,
    change: ChangeRequest,
    request: Request,
    provenance: Provenance,
) -> None:
    """Raise ``Conflict`` where a typed argument differs from what is known of the version."""
    stage = change.subject.stage
    if stage is not None and stage not in existing.stages:
        message = f"these bytes are {existing.ref} already, and that is not in {stage}"
        raise Conflict(message, f"modelkeep promote {quote(existing.ref)} {quote(stage)}")
    for alias in command.aliases:
        if alias not in existing.aliases:
            message = f"these bytes are {existing.ref} already, and {existing.name}@{alias} is not that"
            raise Conflict(message, f"modelkeep alias {quote(existing.ref)} {quote(alias)}")
    fields = {name: scrub_text(value) for name, value in change.fields}
    different = [
        *_other_metrics(reader, change.subject.model or 0, existing.version, request.metrics, command.metrics_on),
        *_other_words(reader, existing, command, fields),
        *_other_signature(reader, existing, request, change.subject.model or 0, command),
        *_other_provenance(existing, command, request, provenance),
    ]
    if different:
        message = f"these bytes are {existing.ref} already, with another {', '.join(different)}"
        hint = f"evaluate, tag or describe {existing.ref}; or register it once more with --if-exists new"
        raise Conflict(message, hint)


def _other_metrics(reader: Reader, model: int, number: int, metrics: Pairs, metrics_on: Data | None) -> Iterator[str]:
    """Yield the metrics that were never recorded with this value, or not on this data."""
    recorded: dict[tuple[str, Decimal | str], set[Data | None]] = {}
    for name, text, data in recorded_metrics(reader, model, number):
        recorded.setdefault((name, _number_or_text(text)), set()).add(data)
    on = None if metrics_on is None else replace(metrics_on, role=None)
    for name, text in metrics:
        measured = recorded.get((name, _number_or_text(text)), set())
        if not measured or (on is not None and on not in measured):
            yield f"metric {name}"


def _other_signature(
    reader: Reader, existing: Version, request: Request, model: int, command: Register
) -> Iterator[str]:
    """Yield that a signature that was given is not the one that is recorded."""
    if request.signature is not None:
        recorded = SqlState(reader).fact(model, existing.version, "interface", "")
        if recorded != command.interface:
            yield "signature" + (" (it has none)" if recorded is None else "")


def _number_or_text(text: str) -> Decimal | str:
    number = as_number(text)
    return text if number is None else number


def _other_words(reader: Reader, existing: Version, command: Register, fields: dict[str, str]) -> Iterator[str]:
    """Yield which of the details, the label, the data and the parents differ."""
    known: dict[str, str] = dict(reader.rows(select.TEXTS, seq=existing.seq))
    known |= {f"tag.{key}": value for key, value in existing.tags.items()}
    known |= {"author": existing.author, "description": existing.description or ""}
    for field, value in fields.items():
        # The other details were captured; captured provenance is not compared.
        typed = field.startswith(("param.", "tag.")) or field in ("author", "description")
        if typed and known.get(field) != value:
            yield field.replace(".", " ", 1)
    if command.label is not None and (existing.label is None or label_key(existing.label) != label_key(command.label)):
        yield "label (it has none)" if existing.label is None else f"label (it is {existing.label})"
    if command.licence not in (None, existing.licence):
        yield "licence" if existing.licence is None else f"licence (it is {existing.licence})"
    data = {Data(each.name, each.version, each.digest, each.role) for each in existing.data}
    yield from (f"data {each.name}" for each in command.data if each not in data)
    parents = {each.ref or each.location: each.derived_by for each in existing.parents}
    for position, parent in enumerate(command.parents):
        address = fields.get(f"parent.{position}", "")
        called = address if parent.model is None else f"{name_of(reader, None, parent.model)}@{parent.version}"
        if called not in parents:
            yield "parent"
        elif parent.by not in (None, parents[called]):
            yield f"derivation from {called}"


def _other_provenance(existing: Version, command: Register, request: Request, provenance: Provenance) -> Iterator[str]:
    """Yield what differs of the runs, the commit, the training, the environment and the attachments, if it was typed."""
    runs = {run.id for run in existing.runs}
    yield from (f"run {run.id}" for run in provenance.runs if not run.captured and run.id not in runs)
    if request.code not in ("auto", "none") and provenance.code.commit not in (None, existing.code.commit):
        yield "code"
    given, known = provenance.trained, existing.trained
    times = ((request.trained_at, given.ended, known.ended), (request.training_started, given.started, known.started))
    if any(typed is not None and one != other for typed, one, other in times):
        yield "time of training"
    if given.seeds and given.seeds != known.seeds:
        yield "seed"
    recorded = None if existing.environment is None else existing.environment.digest
    if request.env not in ("auto", "none") and command.environment != recorded:
        yield "environment"
    attached = {(each.name, each.digest) for each in existing.attachments}
    files = (each for each in command.attachments if each.kind == "file")  # a diff is captured, not typed
    yield from (f"attachment {each.name}" for each in files if (each.name, each.digest) not in attached)
