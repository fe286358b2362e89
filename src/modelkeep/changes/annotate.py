"""`mark`, `archive`, `alias`, `tag`, `describe`, `note`, `rename` and `evaluate`."""

from __future__ import annotations

from collections.abc import Sequence

from modelkeep.changes.change_answer import NONE, change
from modelkeep.changes.provenance import data_of, datasets, run_fields
from modelkeep.changes.register_request import check_pairs, scrubbed
from modelkeep.changes.runner import ChangeRequest, run_change
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Change, Effect
from modelkeep.domain.labels import check_label, fold
from modelkeep.domain.names import check_name
from modelkeep.domain.stages import check_alias
from modelkeep.domain.verbs.alias import Alias
from modelkeep.domain.verbs.archive import Archive
from modelkeep.domain.verbs.describe import Describe
from modelkeep.domain.verbs.evaluate import Data, Evaluate
from modelkeep.domain.verbs.label import Label
from modelkeep.domain.verbs.mark import Mark
from modelkeep.domain.verbs.note import Note
from modelkeep.domain.verbs.rename import Rename
from modelkeep.domain.verbs.tag import Tag
from modelkeep.errors import UsageError
from modelkeep.provenance import runs as runs_
from modelkeep.provenance import values
from modelkeep.provenance.urls import scrub_text
from modelkeep.reads.references import Say, expectation, subject_of, version_of, version_or_model, whole_model
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.annotations import description, tags
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.state import SqlState

Pairs = tuple[tuple[str, str], ...]


def evaluate(
    context: Context,
    ref: str,
    metrics: Pairs,
    *,
    on: str | None,
    runs: Sequence[str],
    message: str | None,
    dry_run: bool,
) -> Change:
    """Add metrics to a version; see `Registry.evaluate`."""
    check_pairs(metrics, "metric")
    metrics = scrubbed(metrics)
    spec = None if on is None else datasets(context, [on])[0]
    found_runs = runs_.runs(runs, context.environ) if metrics else runs_.runs(runs, {})
    fields = run_fields(found_runs)
    if spec is not None and spec.location is not None:
        fields = (*fields, ("on", spec.location))

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, "evaluate {} -M auc=0.9")
        new = _unknown(SqlState(reader), found, metrics, data_of(spec))
        # A run that was only captured does not turn known values into a change.
        run_ids = tuple(run.id for run in found_runs if new or not run.captured)
        arguments = Evaluate(metrics, data_of(spec), run_ids)
        return ChangeRequest(
            arguments,
            subject_of(found),
            fields=fields,
            notes=tuple(f"warning: {each}" for each in values.number_warnings(metrics)),
        )

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "evaluate", dry_run=dry_run)


def mark(context: Context, ref: str, word: str, *, message: str | None, dry_run: bool) -> Change:
    """Set or lift the mark `bad`; see `Registry.mark`."""
    if word not in ("bad", "good"):
        text = f"a version is marked bad or good, not {word!r}"
        raise UsageError(text, f"modelkeep mark {ref} bad")

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, f"mark {{}} {word}")
        before = "good" if word == "bad" else "bad"
        effect = Effect(_ref(found), before, word)
        return ChangeRequest(Mark(word), subject_of(found), effects=(effect,))

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "mark", dry_run=dry_run)


def label(context: Context, ref: str, label: str, *, message: str | None, dry_run: bool) -> Change:
    """Give a version that has no label this one; see `Registry.label`."""
    check_label(label)

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, f"label {{}} {label}")
        return ChangeRequest(Label(label), subject_of(found), effects=(Effect("label", NONE, label),))

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "label", dry_run=dry_run)


def archive(
    context: Context,
    ref: str,
    *,
    undo: bool,
    all_versions: bool,
    message: str | None,
    dry_run: bool,
) -> Change:
    """Archive a version or all versions of a model, or restore them; see `Registry.archive`."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        if found.number is None and not all_versions:
            raise whole_model(reader, found, "archive --undo" if undo else "archive")
        if found.number is not None and all_versions:
            text = f"--all-versions goes with a model, not with {_ref(found)}"
            raise UsageError(text, f"modelkeep archive {found.name} --all-versions")
        words = ("archived", "restored") if undo else ("in use", "archived")
        ended = () if undo else _leaving_stages(SqlState(reader), found)
        effect = Effect(_ref(found), *words)
        return ChangeRequest(Archive(all=all_versions, undo=undo), subject_of(found), effects=(effect, *ended))

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "archive", dry_run=dry_run)


def alias(
    context: Context,
    ref: str,
    add: Sequence[str],
    remove: Sequence[str],
    *,
    expect: str | None,
    message: str | None,
    dry_run: bool,
) -> Change:
    """Point aliases at a version and remove others; see `Registry.alias`."""
    adding, removing = tuple(map(fold, add)), tuple(map(fold, remove))

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = (
            version_of(reader, ref, say, f"alias {{}} {adding[0]}") if adding else version_or_model(reader, ref, say)
        )
        state = SqlState(reader)
        for name in adding:
            check_alias(name, state.stages())
        effects = []
        for name in (*adding, *removing):
            pointed = state.alias(found.model, name)
            before = NONE if pointed is None else f"{found.name}@{pointed}"
            after = _ref(found) if name in adding else NONE
            if before != after:
                effects.append(Effect(name, before, after))
        return ChangeRequest(
            Alias(add=adding, remove=removing),
            subject_of(found),
            expect=expectation(reader, expect, found.model),
            effects=tuple(effects),
        )

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "alias", dry_run=dry_run)


def tag(
    context: Context,
    ref: str,
    put: Pairs,
    remove: Sequence[str],
    *,
    message: str | None,
    dry_run: bool,
) -> Change:
    """Set tags and remove others; see `Registry.tag`."""
    check_pairs(put, "tag")
    put = scrubbed(put)
    keys = [*(key for key, _ in put), *remove]
    if not keys or len(set(keys)) != len(keys):
        text = "tag needs tags, each key once"
        raise UsageError(text, f"modelkeep tag {ref} owner=risk")

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        there = tags(reader, found.model, found.number)
        new = tuple((key, value) for key, value in put if key not in there or there[key].value != value)
        gone = tuple(key for key in remove if key in there)
        effects = [Effect(key, there[key].value if key in there else NONE, value) for key, value in new]
        effects += [Effect(key, there[key].value, NONE) for key in gone]
        return ChangeRequest(
            # The lines that are replaced, too: if the new line is redacted one day, the old value must stay ended.
            Tag(remove=tuple(there[key].line for key in (*gone, *(key for key, _ in new if key in there)))),
            subject_of(found),
            fields=tuple((f"tag.{key}", value) for key, value in new),
            effects=tuple(effects),
            unchanged="the tags are so already" if not effects else None,
        )

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "tag", dry_run=dry_run)


def describe(context: Context, ref: str, text: str, *, message: str | None, dry_run: bool) -> Change:
    """Set the description; see `Registry.describe`."""
    text = scrub_text(text)

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        same = (description(reader, found.model, found.number) or "") == text
        return ChangeRequest(
            Describe(),
            subject_of(found),
            fields=(("description", text),) if text else (),
            unchanged="the description is so already" if same else None,
        )

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "describe", dry_run=dry_run)


def note(context: Context, ref: str, text: str, *, message: str | None, dry_run: bool) -> Change:
    """Add a note; see `Registry.note`."""
    if not text.strip():
        problem = "a note needs a text"
        raise UsageError(problem, f'modelkeep note {ref} "what there is to say"')

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        return ChangeRequest(Note(), subject_of(found), fields=(("note", text),))

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "note", dry_run=dry_run)


def rename(context: Context, name: str, new: str, *, message: str | None, dry_run: bool) -> Change:
    """Give a model another name; see `Registry.rename`."""
    check_name(new)

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, name, say)
        if found.number is not None:
            text = f"rename takes a model, not the version {_ref(found)}"
            raise UsageError(text, f"modelkeep rename {found.name} {new}")
        return ChangeRequest(Rename(new), subject_of(found), effects=(Effect("name", found.name, new),))

    return change(run_change(context, resolve, message=message, dry_run=dry_run), "rename", dry_run=dry_run)


def _ref(found: Resolved) -> str:
    return found.name if found.number is None else f"{found.name}@{found.number}"


def _unknown(state: SqlState, found: Resolved, metrics: Pairs, on: Data | None) -> bool:
    """Tell whether any of these values is not the version's newest value of its metric on that data."""
    return any(state.newest_metric(found.model, found.number or 0, name, on) != value for name, value in metrics)


def _leaving_stages(state: SqlState, found: Resolved) -> tuple[Effect, ...]:
    """Return the effects on the stages that an archived version, or model, holds."""
    known = state.model(found.model)
    first, last = (1, 0 if known is None else known.newest) if found.number is None else (found.number, found.number)
    tenures = state.open_tenures(found.model, first, last)
    return tuple(Effect(tenure.stage, f"{found.name}@{tenure.version}", NONE) for tenure in tenures)
