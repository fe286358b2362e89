"""The answers of `register`: for a new version, compared with production, and for bytes that are registered already.

The same bytes again are a success, unless a typed argument differs from what is recorded: then a ``Conflict`` names it.
Captured provenance and ``--bump`` are not compared. A stage or an alias that the version does not hold is a conflict
too: it would be a change of state, which a late retry must not make.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING

from msgspec.structs import replace

from modelkeep.changes.change_answer import effects_of, judged
from modelkeep.changes.change_request import ChangeRequest
from modelkeep.changes.register_request import Provenance, Request
from modelkeep.changes.runner import ChangeOutcome
from modelkeep.domain.answers.changes import Registered, Verdict
from modelkeep.domain.answers.pages import Version
from modelkeep.domain.answers.versions import Evaluation
from modelkeep.domain.dataset_names import data_name
from modelkeep.domain.entry import Entry
from modelkeep.domain.json_values import to_text
from modelkeep.domain.labels import label_key
from modelkeep.domain.metrics import newest_by_data
from modelkeep.domain.numbers import as_number, metric_value
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.register import Register, VersionRegistered
from modelkeep.errors import Conflict, ModelkeepError
from modelkeep.provenance.captured_environment import Captured
from modelkeep.provenance.urls import scrub_text
from modelkeep.provenance.values import Pairs, number_warnings
from modelkeep.reads.show import version_page
from modelkeep.rendering import counted, difference, files, human_size
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import show as select
from modelkeep.store.db.sql.annotations import recorded_metrics
from modelkeep.store.db.sql.deciding import VERSIONS_WITH_DIGEST
from modelkeep.store.db.sql.references import Resolved, name_of
from modelkeep.store.db.sql.versions import evaluations_of
from modelkeep.store.db.state import SqlState
from modelkeep.store.ingest.artifact import Ingested

if TYPE_CHECKING:
    from decimal import Decimal


def registered(
    request: Request, outcome: ChangeOutcome, entry: Entry, ingested: Ingested, provenance: Provenance, cwd: str
) -> Registered:
    """Answer with the version that was registered from a directory, ``cwd``."""
    event = next(event for event in entry.events if isinstance(event, VersionRegistered))
    name = outcome.request.name
    ref = f"{name}@{event.version}"
    rules, plan = judged(entry)
    return Registered(
        action="register",
        name=name,
        ref=ref,
        changed=True,
        seq=None if request.dry_run else entry.seq,
        effects=effects_of(entry, name),
        dry_run=request.dry_run,
        notes=(_summary(ingested, provenance, cwd), *provenance.attached.notes, *ingested.notes, *outcome.notes),
        hints=tuple(hint.replace("{}", ref) for hint in outcome.request.hints),
        rules=rules,
        plan=plan,
        version=event.version,
        label=event.label,
        digest=ingested.manifest.digest,
        size_bytes=ingested.size_bytes,
        files=len(ingested.manifest.files),
        verdict=outcome.request.verdict,
        warnings=tuple(number_warnings(request.metrics)),
    )


def unchanged(
    reader: Reader, request: Request, provenance: Provenance, outcome: ChangeOutcome, ingested: Ingested
) -> Registered:
    """Answer the same bytes again: a success that changes nothing, or ``Conflict`` where a typed argument differs."""
    subject, command = outcome.request.subject, outcome.request.command
    number = None if outcome.already is None else outcome.already.version
    if outcome.already is None or number is None or subject.model is None or not isinstance(command, Register):
        message = "register answered without a version"
        raise ModelkeepError(message)
    existing = version_page(reader, None, Resolved(subject.model, subject.name, number, subject.digest))
    if request.if_exists == "match":
        existing = _same(reader, existing, command, outcome.request, request, provenance)
    return Registered(
        action="register",
        name=subject.name,
        ref=existing.ref,
        changed=False,
        seq=None,
        why=f"already registered as {existing.ref}",
        dry_run=request.dry_run,
        notes=ingested.notes,
        version=existing.version,
        label=existing.label,
        digest=existing.digest,
        size_bytes=existing.size_bytes,
        files=existing.files,
    )


def against_production(
    reader: Reader, model: int | None, name: str, metrics: Pairs, on: Data | None
) -> tuple[Verdict, ...]:
    """Return each metric with that of the last stage's holder on the same data, and their exact difference."""
    state = SqlState(reader)
    stage = state.stages()[-1].name
    data = None if on is None else data_name(on.name, on.version, on.digest)
    alone = tuple(Verdict(metric, data, metric_value(text), stage) for metric, text in metrics)
    holder = None if model is None else state.holder(model, stage)
    if holder is None:
        return alone
    other = newest_by_data(
        evaluations_of(reader, None, holder.model, holder.version, holder.version).get(holder.version, ())
    )
    return tuple(_beside(each, f"{name}@{holder.version}", other.get(each.metric, {}).get(data)) for each in alone)


def _beside(found: Verdict, ref: str, other: Evaluation | None) -> Verdict:
    """Return a metric beside that of the version in production; without such a one, alone."""
    if other is None:
        return found
    less = difference(to_text(found.value), to_text(other.value))
    return replace(found, against=ref, other=other.value, difference=None if less is None else metric_value(less))


def _summary(ingested: Ingested, provenance: Provenance, cwd: str) -> str:
    """Return the line about what was registered: ``3.2 MB in 1 file, code a1b2c3d (dirty), data …``.

    It says where the code was found, unless that is the work tree in which one stands.
    """
    parts = [f"{human_size(ingested.size_bytes)} in {files(len(ingested.manifest.files))}"]
    code = provenance.code
    if code.commit is not None:
        state = " (dirty)" if code.dirty else f" ({code.note})" if code.note else ""
        here = code.work_tree is None or os.path.join(cwd, "").startswith(os.path.join(code.work_tree, ""))
        place = "" if here else f" of {code.work_tree}"
        parts.append(f"code {code.commit[:7]}{state}{place}")
    elif code.note:
        parts.append(f"code unknown ({code.note})")
    parts += [f"data {each}" for each in provenance.data]
    parts += [f"run {run.id}" + (" (of the environment)" if run.captured else "") for run in provenance.runs]
    parts += [] if (about := _environment(provenance.environment)) is None else [about]
    parts += [] if provenance.ci is None else [f"CI {provenance.ci.system}"]
    return ", ".join(parts)


def _environment(found: Captured) -> str | None:
    """Return what was read from a file, or why no environment is known; None where it is the usual one, or none is asked for."""
    if found.environment is None:
        return None if found.note is None else f"environment unknown ({found.note})"
    if found.environment.lock is None:
        return None
    packages = f"{counted(len(found.environment.packages), 'package')} of {found.environment.lock.name}"
    return packages if found.note is None else f"{packages} ({found.note})"


def _same(
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
