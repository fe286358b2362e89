"""`data list` and `data show`: datasets that were recorded, and those that are only named."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict

from modelkeep.context import Context
from modelkeep.domain import relations
from modelkeep.domain.answers.datasets import (
    DatasetPage,
    DatasetRow,
    DatasetUse,
    FeatureColumn,
    FeatureFunction,
    FeatureSource,
    FeatureViewDefinition,
    SchemaDocument,
)
from modelkeep.domain.answers.pages import Dataset
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.nodes import DataNode, parse_node
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.reads.lists import is_glob
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader, Row, Value
from modelkeep.store.db.sql import datasets as select
from modelkeep.store.db.sql import graph, lineage
from modelkeep.store.db.sql.references import hint, name_of
from modelkeep.store.db.sql.statement import Statement
from modelkeep.store.db.sql.version_states import states_of

_KIND = "data:"
_OF_VIEW = b'"format":"modelkeep feature view 1"'


class _Found(DatasetRow, frozen=True, kw_only=True):
    """A dataset with what only its page shows."""

    seq: int | None
    schema: str | None
    reason: str | None

    @property
    def row(self) -> DatasetRow:
        """Its line of `data list`."""
        return DatasetRow(**{name: getattr(self, name) for name in DatasetRow.__struct_fields__})

    @property
    def selector(self) -> str | None:
        """Its version, or its digest where it has none."""
        return self.version or self.digest


def datasets(context: Context, pattern: str | None, moment: str | AsOf | None) -> tuple[DatasetRow, ...]:
    """Return datasets by name; of each the versions that were recorded, the newest first, then those that are only named.

    A pattern without ``* ? [`` is a name, and ``NotFound`` where no dataset has it.
    """
    with snapshot(context, moment) as (reader, at):
        if pattern is None or is_glob(pattern):
            from modelkeep.domain.globs import GlobMatcher

            matcher = GlobMatcher(["*" if pattern is None else pattern])
            found = _between(reader, at, pattern or "")
            return tuple(each.row for each in found if matcher.matches(each.name))
        node = _node(pattern)
        return tuple(each.row for each in _of_name(reader, at, node) if node.version in (None, each.version))


def dataset(context: Context, text: str, moment: str | AsOf | None) -> DatasetPage:
    """Return all that is known of a dataset; a name alone is its newest version, with a note."""
    with snapshot(context, moment) as (reader, at):
        found = _find(context, reader, at, _node(text))
        name, version, selector = found.name, found.version, found.selector
        uses = _uses(reader, at, found.node, name, selector)
        for same in graph.named_with(reader, at, found.digest, found.checksum) if found.recorded else ():
            node = lineage.data_node(*same)
            uses += _uses(reader, at, node, same[0], same[1] or same[2]) if node != found.node else []
        related = [
            (model, number, relations.of_role(use.role), None if use.node == found.node else use.node)
            for model, number, use in uses
        ]
        related += [(*each, relations.EVALUATED, None) for each in select.evaluated(reader, at, name, selector)]
        states = states_of(reader, at, [each[:2] for each in related])
        places = [use.location for _, _, use in uses if use.location is not None]
        made_from = select.parents(reader, name, version) if found.recorded and version is not None else ()
        document = None if found.schema is None else select.document(reader, found.schema)
        row = asdict(found.row)
        row["location"] = found.location or (places[-1] if places else None)
        return DatasetPage(
            **row,
            seq=found.seq,
            reason=found.reason,
            schema_document=None if document is None else SchemaDocument(found.schema or "", len(document)),
            feature_view=None if document is None else _feature_view(document),
            parents=tuple(lineage.data_node(*each) for each in made_from),
            children=tuple(lineage.data_node(*each, None) for each in select.children(reader, at, name, selector)),
            used=tuple(
                DatasetUse(f"{name_of(reader, at, model)}@{number}", relation, *states[model, number], named)
                for model, number, relation, named in dict.fromkeys(related)
            ),
        )


def schema(context: Context, text: str, moment: str | AsOf | None) -> bytes:
    """Return the bytes of the document with the schema of a dataset."""
    with snapshot(context, moment) as (reader, at):
        found = _find(context, reader, at, _node(text))
        if found.schema is None:
            message = f"no schema of {printable(found.node.removeprefix(_KIND))} is recorded"
            raise NotFound(message, "modelkeep data show --help")
        return select.document(reader, found.schema)


def _uses(reader: Reader, at: int | None, node: str, name: str, selector: str | None) -> list[tuple[int, int, Dataset]]:
    """Return the versions that name a dataset by one node."""
    return [each for each in lineage.from_data(reader, at, name, selector) if each[2].node == node]


def _feature_view(document: bytes) -> FeatureViewDefinition | None:
    """Return the view of a feature store that a schema describes, None where it describes something else."""
    if _OF_VIEW not in document:
        return None
    from modelkeep.domain.feature_view import parse_view  # most datasets are none

    view = parse_view(document)
    if view is None:
        return None
    function = view.transformation
    return FeatureViewDefinition(
        **{
            **asdict(view),
            "features": tuple(FeatureColumn(each.name, each.dtype) for each in view.features),
            "keys": tuple(FeatureColumn(each.name, each.dtype) for each in view.keys),
            "sources": tuple(FeatureSource(**asdict(each)) for each in view.sources),
            "transformation": None if function is None else FeatureFunction(**asdict(function)),
        }
    )


def _node(text: str) -> DataNode:
    node = parse_node(text if text.startswith(_KIND) else _KIND + text)
    if isinstance(node, DataNode):
        return node
    raise TypeError(node)  # pragma: no cover  data: is always one


def _find(context: Context, reader: Reader, at: int | None, node: DataNode) -> _Found:
    """Return the dataset of a node; a digest may be cut."""
    found = _of_name(reader, at, node)
    if node.version is None:
        newest = found[0]
        if newest.selector is not None and newest.seq is None and len(found) > 1:
            names = [printable(each.node.removeprefix(_KIND)) for each in found]
            message = f"{printable(node.name)} has {len(found)} versions, and which is the newest is not recorded"
            raise UsageError(message, f"modelkeep data show {names[-1]}        (or {', '.join(names[:-1][:5])})")
        if newest.selector is not None:
            context.say(f"note: {printable(node.name)} is taken as {printable(newest.node.removeprefix(_KIND))}")
        return newest
    if node.version.startswith("sha256:"):
        same = [each for each in found if each.version is None and (each.digest or "").startswith(node.version)]
    else:
        same = [each for each in found if each.version == node.version]
    if same:
        return same[0]
    raise _no_dataset(node, [each.node for each in found])


def _no_dataset(node: DataNode, known: list[str]) -> NotFound:
    called = printable(str(node).removeprefix(_KIND))
    names = [each.removeprefix(_KIND) for each in known]
    return NotFound(f"there is no dataset {called}", printable(hint("modelkeep data list", called, names)))


def _of_name(reader: Reader, at: int | None, node: DataNode) -> list[_Found]:
    """Return the versions of a dataset; ``NotFound`` where there are none, with near names."""
    found = _rows(reader, at, select.OF_NAME, select.MENTIONED_OF_NAME, {"name": node.name})
    if not found:
        known = dict.fromkeys(each.name for each in _between(reader, at, node.name[:1]))
        raise _no_dataset(node, list(known))
    return found


def _between(reader: Reader, at: int | None, pattern: str) -> list[_Found]:
    """Return the datasets whose names begin like a pattern."""
    prefix = pattern[: min((place for place, each in enumerate(pattern) if each in "*?["), default=len(pattern))]
    return _rows(reader, at, select.RECORDED, select.MENTIONED, select.bounds(prefix))


def _rows(
    reader: Reader, at: int | None, recorded: Statement, mentioned: Statement, values: dict[str, Value]
) -> list[_Found]:
    """Return recorded datasets and those that are only named, in the order of `data list`."""
    found = {each.node: each for each in map(_recorded, recorded.rows(reader, at, **values))}
    uses: dict[str, int] = {}
    for name, version, digest, count in mentioned.rows(reader, at, **values):
        node = lineage.data_node(name, version, digest)
        uses[node] = uses.get(node, 0) + count
        if node not in found:
            found[node] = _named(node, name, version, digest)
    counted = [_Found(**{**asdict(each), "uses": uses.get(each.node, 0)}) for each in found.values()]
    return sorted(counted, key=lambda each: (each.name, -(each.seq or 0), each.node))


def _recorded(row: Row) -> _Found:
    names = ("name", "version", "seq", "digest", "checksum", "rows", "schema", "since", "actor", "location", "reason")
    found = dict(zip(names, row, strict=True))
    return _Found(**found, node=lineage.data_node(found["name"], found["version"], None), recorded=True, uses=0)


def _named(node: str, name: str, version: str | None, digest: str | None) -> _Found:
    fields: dict[str, Any] = dict.fromkeys(_Found.__struct_fields__)
    fields |= {"node": node, "name": name, "version": version, "digest": digest, "recorded": False, "uses": 0}
    return _Found(**fields)
