"""Every answer that is read, as its document, its lines and its identifiers. Pure.

The cells of the lines are the columns of ``commands.COMMANDS``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.views.output import Page, cell, document, fields_of, line, seconds
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from modelkeep.domain.answers.care import Verification
    from modelkeep.domain.answers.changes import Fetched
    from modelkeep.domain.answers.records import AuditEntry, Identity, Status
    from modelkeep.domain.answers.relations import Diff, Identified, Lineage
    from modelkeep.domain.answers.versions import AsOf, Model, ModelRow, Tenure, Version, VersionRow

_PAIRED = {"metric": "metrics", "param": "params", "tag": "tags"}


def models(rows: Sequence[ModelRow], as_of: AsOf | None) -> Page:
    """Return the models: a line per model and stage held, one with ``-`` for those that hold none."""
    ordered = sorted(rows, key=lambda row: (row.name.lower(), row.name))
    return Page(
        document("models", as_of=as_of, models=tuple(ordered)),
        [each for row in ordered for each in _holders(row)],
        [row.name for row in ordered],
    )


def _holders(row: ModelRow) -> list[str]:
    if not row.holders:
        return [line(row.name, None, row.newest, row.newest_label, None, None)]
    return [
        line(
            row.name,
            held.stage,
            held.version,
            held.label,
            seconds(held.since),
            [f"{each.version}={each.share}" for each in held.shares],
        )
        for held in row.holders
    ]


def versions(rows: Sequence[VersionRow], as_of: AsOf | None, columns: Sequence[str] = ()) -> Page:
    """Return versions in the order given; ``columns`` are the cells, if they are not the usual ones."""
    return Page(
        document("versions", as_of=as_of, versions=tuple(rows)),
        [
            line(*(column(row, key) for key in columns))
            if columns
            else line(row.name, row.version, row.label, row.stages, row.state, seconds(row.created), row.author)
            for row in rows
        ],
        [row.ref for row in rows],
    )


def column(row: VersionRow, key: str) -> object:
    """Return what a version has in a column: a field of the document, or ``metric.K param.K tag.K``."""
    kind, dot, name = key.partition(".")
    if dot and kind in _PAIRED:
        return dict(getattr(row, _PAIRED[kind])).get(name)
    if key == "created":
        return seconds(row.created)
    return row.stages if key == "stage" else getattr(row, key)


def check_column(key: str) -> None:
    """Refuse what is no column of versions."""
    kind, dot, _ = key.partition(".")
    if key in VERSION_KEYS or key == "stage" or (dot and kind in _PAIRED):
        return
    message = f"there is no column '{printable(key)}'"
    raise UsageError(message, f"there are {', '.join(VERSION_KEYS)}, metric.K, param.K and tag.K")


#: What --columns takes, beside metric.K, param.K and tag.K: the plain fields of a version's row.
VERSION_KEYS = (
    "ref", "name", "version", "label", "state", "stages", "aliases", "bad", "archived", "created", "author",
    "digest", "size_bytes", "files", "deleted",
)  # fmt: skip


def version(found: Version, as_of: AsOf | None) -> Page:
    """Return all that is known of a version: a line per field."""
    made = document("version", found, as_of=as_of)
    return Page(made, [*fields_of(_flat(made))], [found.ref])


def model(found: Model, as_of: AsOf | None) -> Page:
    """Return a model's page: a line per field."""
    made = document("model", found, as_of=as_of)
    recent = [each.ref for each in found.recent]
    return Page(made, [*fields_of(_flat(made) | {"recent": recent})], [found.name])


def _flat(found: Mapping[str, object]) -> dict[str, object]:
    """Return a document with its metrics, params and tags as ``metric.K``, its files left to ``contents``."""
    flat: dict[str, object] = {}
    for name, value in found.items():
        if name in {"as_of", "tenures"}:
            continue
        if name == "metrics" and isinstance(value, list):
            flat |= {f"metric.{each['name']}": each["value"] for each in value}
        elif name in {"params", "tags"} and isinstance(value, Mapping):
            flat |= {f"{name[:-1]}.{key}": each for key, each in value.items()}
        else:
            flat[name] = value
    return flat


def raw_field(found: Mapping[str, object], wanted: str) -> object:
    """Return one field of a document: one of its own, ``metric.K``, or a path of names; else ``UsageError``."""
    values = _flat(found) | {name: value for name, value in found.items() if name != "schema"}
    value: object = values
    for part in [wanted] if wanted in values else wanted.split("."):
        if not isinstance(value, Mapping) or part not in value:
            message = f"there is no field '{printable(wanted)}'"
            raise UsageError(message, f"there are {', '.join(values)}")
        value = value[part]
    return value


def field_text(value: object) -> str:
    """Return a field as a line of text: null is empty, objects are JSON, lists are joined by commas."""
    if value is None or value in ("", []):
        return ""
    if isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(each, Mapping) for each in value)):
        import json

        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return cell(value)


def tenures(rows: Sequence[Tenure], as_of: AsOf | None) -> Page:
    """Return what was live when, as it was given."""
    return Page(
        document("tenures", as_of=as_of, tenures=tuple(rows)),
        [line(row.ref, row.stage, seconds(row.since), seconds(row.until), row.actor, why(row)) for row in rows],
        [row.ref for row in rows],
    )


_ENDINGS = {"promote": "displaced by", "register": "displaced by", "rollback": "rolled back to"}


def why(row: Tenure) -> str | None:
    """Return why a tenure began and how and why it ended: ``march data; rolled back to fraud@3: p99``."""
    ended = None
    if row.ended_by is not None:
        ended = _ENDINGS.get(row.ended_by, f"ended by {row.ended_by}")
        ended = f"{ended} {row.ended_for}" if row.ended_for else f"ended by {row.ended_by}"
        ended += f": {row.ended_why}" if row.ended_why else ""
    return "; ".join(each for each in (row.why, ended) if each) or None


def entries(rows: Sequence[AuditEntry]) -> Page:
    """Return the log as sentences."""
    return Page(
        document("entries", entries=tuple(rows)),
        [line(row.seq, seconds(row.time), row.actor, row.action, row.subject, row.sentence) for row in rows],
        [str(row.seq) for row in rows],
    )


def identified(rows: Sequence[Identified]) -> Page:
    """Return what some bytes are: a line a tenure."""
    return Page(
        document("identified", identified=tuple(rows)),
        [line(row.ref, row.stage, seconds(row.since), seconds(row.until), row.state, row.file) for row in rows],
        list(dict.fromkeys(row.ref for row in rows)),
    )


def diff(found: Diff) -> Page:
    """Return what differs: section, key, a value per version, a note."""
    return Page(
        document("diff", found),
        [line(row.section, row.key, *row.values, row.note) for row in found.rows],
        [f"{row.section}.{row.key}" for row in found.rows],
    )


def lineage(found: Lineage) -> Page:
    """Return the edges of a graph: what went in, how, what came out."""
    return Page(
        document("lineage", found),
        [line(each.source, each.relation, each.target) for each in found.edges],
        [each.id for each in found.nodes],
    )


def verification(found: Verification) -> Page:
    """Return the findings; none is no line."""
    return Page(
        document("verification", found),
        [line(each.severity, each.code, each.place, each.message) for each in found.findings],
        [each.place for each in found.findings],
    )


def status(found: Status) -> Page:
    """Return the registry at a glance: a line per field, per model in production and per last entry."""
    made = document("status", found)
    lines = [
        line(name, getattr(found, name))
        for name in ("registry", "origin", "id", "models", "versions", "entries", "size_bytes", "head_hash", "deleted")
    ]
    lines += [line("backup_of", found.backup_of)] if found.backup_of else []
    lines += [
        line(found.production_stage, f"{name}@{held.version}", seconds(held.since), held.actor)
        for name, held in found.production
    ]
    lines += [line("entry", each.seq, seconds(each.time), each.actor, each.sentence) for each in found.last]
    return Page(made, lines, [found.registry])


def identity(found: Identity) -> Page:
    """Return who the log would say this is."""
    made = document("identity", found)
    return Page(made, [*fields_of(made)], [found.user])


def fetched(found: Fetched) -> Page:
    """Return where an artifact was written."""
    return Page(document("fetched", found), [found.path], [found.path], exact=True)


def settings(items: Sequence[tuple[str, str | None, str]]) -> Page:
    """Return each setting with its origin."""
    rows = [{"key": key, "value": value, "origin": origin} for key, value, origin in items]
    return Page(document("settings", settings=rows), [line(*item) for item in items], [key for key, _, _ in items])
