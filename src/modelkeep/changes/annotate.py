"""`mark`, `label`, `alias`, `tag`, `describe`, `note`, `rename` and `evaluate`: each returns its `Resolve`."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from modelkeep.changes.change_request import ChangeRequest, Resolve, expectation, subject_of
from modelkeep.changes.register_request import measured_on, run_fields
from modelkeep.context import Context
from modelkeep.domain import metrics_document
from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.dataset_names import data_name
from modelkeep.domain.json_values import to_text
from modelkeep.domain.labels import check_label, fold
from modelkeep.domain.metrics import MetricKey
from modelkeep.domain.names import check_name
from modelkeep.domain.numbers import metric_value
from modelkeep.domain.shares import share_words
from modelkeep.domain.stages import check_alias
from modelkeep.domain.urls import scrub_text
from modelkeep.domain.verbs.alias import Alias
from modelkeep.domain.verbs.describe import Describe
from modelkeep.domain.verbs.evaluate import Evaluate
from modelkeep.domain.verbs.label import Label
from modelkeep.domain.verbs.mark import Mark
from modelkeep.domain.verbs.note import Note
from modelkeep.domain.verbs.rename import Rename
from modelkeep.domain.verbs.tag import Tag
from modelkeep.domain.verbs.words import join_words
from modelkeep.errors import UsageError
from modelkeep.provenance import inputs, values
from modelkeep.provenance.values import Pairs
from modelkeep.reads.references import Say, version_of, version_or_model
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.annotations import description, tags
from modelkeep.store.db.state import SqlState


def evaluate(context: Context, ref: str, metrics: Pairs, on: str | None, runs: Sequence[str]) -> Resolve:
    """Return the change that adds metrics to a version."""
    spec = None if on is None else measured_on(context, on)
    found_runs = inputs.runs(runs, context.environ if metrics else {})
    fields = run_fields(found_runs)
    if spec is not None and spec.location is not None:
        fields = (*fields, ("on", spec.location))

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, "evaluate {} -M auc=0.9")
        state, data = SqlState(reader), None if spec is None else spec.data
        before = {name: state.newest_metric(found.model, found.number or 0, name, data) for name, _ in metrics}
        new = tuple((name, text) for name, text in metrics if _shown(before[name]) != _shown(text))
        # A run that was only found in the environment is no reason to record known values again.
        run_ids = tuple(run.id for run in found_runs if new or not run.captured)
        warnings = tuple(f"warning: {each}" for each in values.number_warnings(metrics))
        on_data = None if data is None else data_name(data.name, data.version, data.digest)
        effects = [Effect(str(MetricKey(name, on_data)), _shown(before[name]), _shown(text)) for name, text in new]
        effects += [
            Effect("run", NONE, run) for run in run_ids if not state.has_run(found.model, found.number or 0, run)
        ]
        inline, document, documents = metrics_document.split(metrics)
        known = bool(metrics or run_ids) and not effects
        return ChangeRequest(
            Evaluate(inline, data, run_ids, document),
            subject_of(found),
            fields=fields,
            documents=documents,
            effects=tuple(effects),
            notes=warnings,
            unchanged=f"{found.ref} has these metrics" if known else None,
        )

    return resolve


def _shown(text: str | None) -> str:
    """Return a metric's value as answers show it, ``none`` where there was none."""
    return NONE if text is None else to_text(metric_value(text))


def mark(ref: str, word: str) -> Resolve:
    """Return the change that sets or lifts the mark `bad`."""
    if word not in ("bad", "good"):
        message = f"a version is marked bad or good, not {word!r}"
        raise UsageError(message, f"modelkeep mark {quote(ref)} bad")

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, f"mark {{}} {word}")
        effect = Effect(found.ref, "good" if word == "bad" else "bad", word)
        number = found.number or 0
        tenures = SqlState(reader).open_tenures(found.model, number, number) if word == "bad" else ()
        notes = (
            f"{found.ref} still has {share_words(each.share)} of {each.stage} "
            f"(end it: modelkeep rollback {quote(found.ref)} {quote(each.stage)})"
            for each in tenures
            if each.share is not None
        )
        return ChangeRequest(Mark(word), subject_of(found), effects=(effect,), notes=tuple(notes))

    return resolve


def label(ref: str, label: str) -> Resolve:
    """Return the change that gives a version its label."""
    check_label(label)

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, f"label {{}} {quote(label)}")
        return ChangeRequest(Label(label), subject_of(found), effects=(Effect("label", NONE, label),))

    return resolve


def alias(ref: str, add: Sequence[str], remove: Sequence[str], expect: str | None) -> Resolve:
    """Return the change that points aliases at a version and removes others."""
    adding, removing = tuple(map(fold, add)), tuple(map(fold, remove))

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = (
            version_of(reader, ref, say, f"alias {{}} {quote(adding[0])}")
            if adding
            else version_or_model(reader, ref, say)
        )
        state = SqlState(reader)
        for name in adding:
            check_alias(name, state.stages())
        effects = []
        for name in (*adding, *removing):
            pointed = state.alias(found.model, name)
            before = NONE if pointed is None else f"{found.name}@{pointed}"
            after = found.ref if name in adding else NONE
            if before != after:
                effects.append(Effect(name, before, after))
        return ChangeRequest(
            Alias(add=adding, remove=removing),
            subject_of(found),
            expect=expectation(reader, expect, found.model),
            effects=tuple(effects),
        )

    return resolve


def tag(ref: str, put: Pairs, remove: Sequence[str]) -> Resolve:
    """Return the change that sets tags and removes others."""
    keys = [*(key for key, _ in put), *remove]
    if not keys or len(set(keys)) != len(keys):
        message = "tag needs tags, each key once"
        raise UsageError(message, f"modelkeep tag {quote(ref)} owner=risk")

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
            unchanged=None if effects else _tags_unchanged(found.ref, put, remove),
        )

    return resolve


def _tags_unchanged(ref: str, put: Pairs, remove: Sequence[str]) -> str:
    """Return why setting and removing these tags changes nothing."""
    parts = [f"{ref} has the tag {join_words([f'{key}={value}' for key, value in put])}"] if put else []
    parts += [f"{ref} has no tag {join_words(remove)}"] if remove else []
    return join_words(parts)


def describe(ref: str, text: str) -> Resolve:
    """Return the change that sets the description."""
    text = scrub_text(text)

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        same = (description(reader, found.model, found.number) or "") == text
        return ChangeRequest(
            Describe(),
            subject_of(found),
            fields=(("description", text),) if text else (),
            unchanged=(f"{found.ref} is described so" if text else f"{found.ref} has no description") if same else None,
        )

    return resolve


def note(ref: str, text: str) -> Resolve:
    """Return the change that adds a note."""
    if not text.strip():
        message = "a note needs a text"
        raise UsageError(message, f'modelkeep note {quote(ref)} "what there is to say"')

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        return ChangeRequest(Note(), subject_of(found), fields=(("note", text),))

    return resolve


def rename(name: str, new: str) -> Resolve:
    """Return the change that gives a model another name."""
    check_name(new)

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, name, say)
        if found.number is not None:
            message = f"rename takes a model, not the version {found.ref}"
            raise UsageError(message, f"modelkeep rename {quote(found.name)} {quote(new)}")
        return ChangeRequest(Rename(new), subject_of(found), effects=(Effect("name", found.name, new),))

    return resolve
