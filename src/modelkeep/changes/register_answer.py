"""The answers of `register`: for a new version, compared with production, and for bytes that are registered already."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from modelkeep.changes.change_answer import effects_of, judged
from modelkeep.changes.inspecting import FoundContents
from modelkeep.changes.register_request import Provenance, Request
from modelkeep.changes.runner import ChangeOutcome
from modelkeep.changes.same_bytes import version_with_same_bytes
from modelkeep.domain.answers.changes import Registered, Verdict
from modelkeep.domain.answers.versions import Evaluation
from modelkeep.domain.dataset_names import data_name
from modelkeep.domain.entry import Entry
from modelkeep.domain.json_values import to_text
from modelkeep.domain.metric_directions import direction_of, verdict_of
from modelkeep.domain.metrics import newest_by_data
from modelkeep.domain.numbers import difference, metric_value
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.register import Register, VersionRegistered
from modelkeep.errors import ModelkeepError
from modelkeep.provenance.captured_environment import Captured
from modelkeep.provenance.values import Pairs, number_warnings
from modelkeep.reads.roles import rules_at
from modelkeep.reads.show import version_page
from modelkeep.rendering import counted, files, human_size
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.sql.versions import evaluations_of
from modelkeep.store.db.state import SqlState
from modelkeep.store.ingest.artifact import Ingested

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.domain.policy.rules import Direction


def registered(
    request: Request,
    outcome: ChangeOutcome,
    entry: Entry,
    ingested: Ingested,
    provenance: Provenance,
    *,
    contents: FoundContents,
    cwd: str,
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
        notes=(
            _summary(ingested, provenance, contents, cwd),
            *provenance.attached.notes,
            *ingested.notes,
            *outcome.notes,
        ),
        hints=tuple(hint.replace("{}", ref) for hint in outcome.request.hints),
        rules=rules,
        plan=plan,
        version=event.version,
        label=event.label,
        digest=ingested.manifest.digest,
        size_bytes=ingested.size_bytes,
        files=len(ingested.manifest.files),
        verdict=outcome.request.verdict,
        warnings=(*contents.warnings, *number_warnings(request.metrics)),
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
        existing = version_with_same_bytes(reader, existing, command, outcome.request, request, provenance)
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
    rules = rules_at(reader, None)
    told = () if rules is None else rules.metrics
    return tuple(
        _beside(each, f"{name}@{holder.version}", other.get(each.metric, {}).get(data), told) for each in alone
    )


def _beside(found: Verdict, ref: str, other: Evaluation | None, told: Sequence[Direction]) -> Verdict:
    """Return a metric beside that of the version in production; without such a one, alone."""
    if other is None:
        return found
    less = difference(to_text(found.value), to_text(other.value))
    if less is None:
        return replace(found, against=ref, other=other.value)
    verdict = verdict_of(less, direction_of(found.metric, told))
    return replace(found, against=ref, other=other.value, difference=metric_value(less), verdict=verdict)


def _summary(ingested: Ingested, provenance: Provenance, contents: FoundContents, cwd: str) -> str:
    """Return the line about what was registered: ``3.2 MB in 1 file, code a1b2c3d (dirty), data …``.

    It says where the code was found, unless that is the work tree in which one stands.
    """
    parts = [f"{human_size(ingested.size_bytes)} in {files(len(ingested.manifest.files))}"]
    parts += [] if contents.words is None else [contents.words]
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
