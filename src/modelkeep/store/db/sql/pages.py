"""All that is known of one version or one model at a moment: the pages of ``show``."""

from __future__ import annotations

from modelkeep.domain.answers.versions import (
    CodeState,
    Dataset,
    FileRow,
    Held,
    Metric,
    Model,
    NoteText,
    ParentRef,
    RunRef,
    Training,
    Version,
    VersionRow,
)
from modelkeep.domain.stages import Stages
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import lineage, models
from modelkeep.store.db.sql.history import tenures
from modelkeep.store.db.sql.references import former_names, name_of
from modelkeep.store.db.sql.statement import statement
from modelkeep.store.db.sql.version_states import deletion, holders, walk
from modelkeep.store.db.sql.versions import ALIASES, version_rows

VERSION = """
SELECT seq, form, symlinks, actor, code_commit, code_state, code_diff,
    trained_started, trained_ended, trained_guessed
FROM version WHERE model = :model AND number = :number
"""

TEXTS = """
SELECT field, value FROM entry_text WHERE seq = :seq ORDER BY position
"""

# Of each metric and each data it was measured on, the newest value.
METRICS = statement("""
SELECT metric.name, metric.value, metric.on_name, metric.on_version, metric.on_digest, entry_index.time
FROM metric JOIN entry_index ON entry_index.seq = metric.seq
WHERE metric.model = :model AND metric.version = :number AND KNOWN(metric.seq)
ORDER BY metric.name, metric.seq DESC
""")

FILES = """
SELECT path, size_bytes, digest FROM version_blob WHERE model = :model AND version = :number ORDER BY path
"""

NOTES = statement("""
SELECT entry_index.time, entry_action.actor, entry_text.value
FROM entry_about
JOIN entry_action ON entry_action.seq = entry_about.seq
JOIN entry_index ON entry_index.seq = entry_about.seq
JOIN entry_text ON entry_text.seq = entry_about.seq AND entry_text.field = 'note'
WHERE entry_about.model = :model AND entry_about.version = :number AND entry_action.action = 'note'
    AND KNOWN(entry_about.seq)
ORDER BY entry_about.seq
""")

# A model has an entry for each thing that happened to its versions, and few notes: begin with the notes.
# Which are about the model itself only the entry says.
MODEL_NOTES = statement("""
SELECT entry_index.time, entry_action.actor, entry_text.value, entry.bytes
FROM entry_action
CROSS JOIN entry_about ON entry_about.model = :model AND entry_about.version = 0 AND entry_about.seq = entry_action.seq
CROSS JOIN entry_index ON entry_index.seq = entry_action.seq
CROSS JOIN entry_text ON entry_text.seq = entry_action.seq AND entry_text.field = 'note'
CROSS JOIN entry ON entry.seq = entry_action.seq
WHERE entry_action.action = 'note' AND KNOWN(entry_action.seq)
ORDER BY entry_action.seq
""")

MODEL_TAGS = statement("""
SELECT key, value FROM tag WHERE model = :model AND version = 0 AND HOLDS(tag) ORDER BY key
""")

_RECENT = 10


def version(reader: Reader, at: int | None, model: int, number: int, stages: Stages) -> Version:
    """Return all that was known of a version, which there was at that moment."""
    name = name_of(reader, at, model)
    holding = holders(reader, at, model, stages)
    (row,) = version_rows(reader, at, model, name, [number], holding)
    seq, form, symlinks, actor, commit, state, diff, started, ended, guessed = reader.one(
        VERSION, model=model, number=number
    )
    texts: dict[str, list[str]] = {}
    for field, value in reader.rows(TEXTS, seq=seq):
        texts.setdefault(field, []).append(value)

    def text(field: str) -> str | None:
        return texts.get(field, [None])[0]

    made = lineage.made_of(reader, at, model, number)
    held = [each for each in holding if each.version == number]
    return Version(
        ref=row.ref,
        name=name,
        version=number,
        label=row.label,
        digest=row.digest,
        form=form,
        files=row.files,
        size_bytes=row.size_bytes,
        symlinks=bool(symlinks),
        state=row.state,
        stages=tuple(Held(each.stage, *models.entry(reader, each.since_seq)) for each in held),
        aliases=row.aliases,
        bad=row.bad,
        archived=row.archived,
        created=row.created,
        seq=seq,
        actor=actor,
        author=row.author,
        claimed=text("claimed"),
        host=text("host"),
        source=tuple(texts.get("source", ())),
        reason=text("reason"),
        description=models.description(reader, at, model, number),
        metrics=_metrics(reader, at, model, number),
        params=row.params,
        tags=row.tags,
        data=tuple(
            Dataset(each.node, each.role, each.name, each.version, each.digest, text(f"data.{position}"))
            for position, each in enumerate(made.data)
        ),
        code=CodeState(
            commit, None if state is None else state == "dirty", diff, text("code.remote"), text("code.branch")
        ),
        parents=tuple(ParentRef(each.ref, each.location) for each in made.parents),
        children=lineage.children(reader, at, model, number),
        runs=tuple(RunRef(each.id, each.location) for each in made.runs),
        trained=Training(started, ended, bool(guessed)),
        notes=_notes(reader, at, model, number),
        tenures=tenures(reader, at, model=model, version=number),
        contents=tuple(FileRow(*file) for file in reader.rows(FILES, model=model, number=number)),
        deletion=deletion(reader, at, model, number) if row.deleted else None,
    )


def model(reader: Reader, at: int | None, seq: int, stages: Stages) -> Model:
    """Return the page of a model, which there was at that moment."""
    name = name_of(reader, at, seq)
    seen = models.overview(reader, at, seq, stages)
    return Model(
        name=name,
        former_names=former_names(reader, at, seq, name),
        created=seen.created,
        actor=seen.actor,
        description=seen.description,
        tags=dict(MODEL_TAGS.rows(reader, at, model=seq)),
        aliases=dict(ALIASES.rows(reader, at, model=seq)),
        newest=seen.newest,
        latest=seen.latest,
        versions=seen.versions,
        archived=seen.archived,
        holders=seen.holders,
        development=seen.development,
        recent=_recent(reader, at, seq, name, seen),
        notes=_model_notes(reader, at, seq),
    )


def _recent(reader: Reader, at: int | None, model: int, name: str, seen: models.Overview) -> tuple[VersionRow, ...]:
    """Return the newest versions in the pipeline; of a model that has none the archived ones, else what is deleted."""
    numbers: list[int] = []
    for number, there in walk(reader, at, model, seen.holding, seen.highest, deleted=seen.versions == 0):
        if seen.archived or not there.is_archived(number):
            numbers.append(number)
        if len(numbers) == _RECENT:
            break
    return tuple(version_rows(reader, at, model, name, numbers, seen.holding))


def _metrics(reader: Reader, at: int | None, model: int, number: int) -> tuple[Metric, ...]:
    found: dict[tuple[str, str | None], Metric] = {}
    for name, value, on_name, on_version, on_digest, time in METRICS.rows(reader, at, model=model, number=number):
        on = None if on_name is None else lineage.data_node(on_name, on_version, on_digest)
        found.setdefault((name, on), Metric(name, value, on, time))
    return tuple(found.values())


def _notes(reader: Reader, at: int | None, model: int, number: int) -> tuple[NoteText, ...]:
    return tuple(NoteText(*row) for row in NOTES.rows(reader, at, model=model, number=number))


def _model_notes(reader: Reader, at: int | None, model: int) -> tuple[NoteText, ...]:
    rows = MODEL_NOTES.rows(reader, at, model=model)
    if not rows:
        return ()
    from modelkeep.domain.entry import parse_entry  # few models have notes

    found = []
    for time, actor, text, data in rows:
        subject = parse_entry(data).intent.subject
        if subject is not None and subject.version is None:
            found.append(NoteText(time, actor, text))
    return tuple(found)
