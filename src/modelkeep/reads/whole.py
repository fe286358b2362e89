"""`page`: the whole registry as it stood at one moment, in documents of the shapes that ``--json`` has.

Each part is read on snapshots of its own, as of the same entry: no writer waits for the whole, and the parts agree.
Checks and approvals that expire are judged at that moment, which the index names: ``--as-of`` it makes the same
documents again. They are yielded as they are read; only the index, which comes last, grows with the registry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from shlex import quote
from typing import Any, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.pages import Version
from modelkeep.domain.answers.period import Head
from modelkeep.domain.answers.versions import AsOf, ModelRow, VersionRow
from modelkeep.domain.metric_directions import direction_of
from modelkeep.domain.metrics import newest_by_data
from modelkeep.domain.nodes import DataNode, DeploymentNode
from modelkeep.domain.record import Answer, plain
from modelkeep.errors import NotFound
from modelkeep.reads import datasets, deployments, period, policy, requests, signals
from modelkeep.reads.history import audit_pages
from modelkeep.reads.lineage_steps import Neighbour, Place, Steps, VersionNode
from modelkeep.reads.roles import rules_at
from modelkeep.reads.show import Judged, model_page, version_page
from modelkeep.reads.snapshot import dated_snapshot
from modelkeep.store.db.sql import audit, history, models, periods
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.sql.version_states import stages
from modelkeep.store.db.sql.versions import made_by
from modelkeep.store.db.state import SqlState

Document: TypeAlias = dict[str, Any]

#: Versions that one snapshot reads: it takes some twentieth of a second.
_AT_ONCE = 32
#: Rows of one part: what a browser unpacks at once.
_MODELS, _TENURES, _VERSIONS, _DATASETS, _ENTRIES, _EDGES, _SIGNALS = 200, 1_000, 128, 200, 600, 10_000, 1_000
#: Signals that are shown: monitoring may send one a minute.
_MOST_SIGNALS = 5_000
#: What the index has of a model.
_OF_MODEL = (*ModelRow.__struct_fields__, "tags", "former_names")
_ROW = frozenset(VersionRow.__struct_fields__)


class Part(NamedTuple):
    """A document, and the name by which the index knows it."""

    name: str
    document: Document


def whole_registry(context: Context, moment: str | AsOf | None, title: str) -> Iterator[Part]:
    """Yield the parts of a registry as of a moment (None: its last entry), at last the index."""
    with context.database.reading() as reader:
        is_private = reader.is_private
        if is_private:  # an older schema, whose log was replayed: once is enough
            yield from _Whole(replace(context, database=_Opened(reader)), moment, title).parts()
    if not is_private:
        yield from _Whole(context, moment, title).parts()


class _Opened(Struct, frozen=True):
    """A database whose one reader is open already."""

    reader: Any

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """Yield the reader."""
        yield self.reader


class _Rows:
    """A list in parts, which are called ``versions-0``, ``versions-1`` …: a part is yielded when it is full."""

    def __init__(self, kind: str, most: int) -> None:
        self.kind = kind
        self.parts = 0
        self._most = most
        self._rows: list[Document] = []

    def add(self, *rows: Document) -> Iterator[Part]:
        """Take rows."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) == self._most:
                yield from self.rest()

    def rest(self) -> Iterator[Part]:
        """Yield the rows that are in no part yet."""
        if self._rows:
            yield Part(f"{self.kind}-{self.parts}", {"schema": f"modelkeep.{self.kind}/1", self.kind: self._rows})
            self.parts, self._rows = self.parts + 1, []


class _Whole:
    """One reading of a registry."""

    def __init__(self, context: Context, moment: str | AsOf | None, title: str) -> None:
        with dated_snapshot(context, moment) as (reader, at, asked):
            last = audit.newest(reader) if at is None else at
            head = Head(*reader.one(periods.HEAD_AT, seq=last))
            rules = rules_at(reader, last)
            self._models = list(models.names(reader, last))
            time = max(asked, head.time) if at is None else asked
            self._index: Document = {
                "schema": "modelkeep.index/1",
                "title": title,
                "registry": SqlState(reader).registry_id() or "",
                "head": plain(head),
                "moment": time,
                "again": f"--as-of {f'seq:{last}' if time == head.time else time} --title {quote(title)}",
                "stages": [each.name for each in stages(reader, last)],
            }
        # Notes that "seq:9" means this or that moment are no news.
        self._context = replace(context, say=lambda _text: None)
        self._moment = AsOf(last, time)
        self._directions = () if rules is None else rules.metrics
        self._metrics: set[str] = set()
        #: The states of the results of checks that count or have expired, by entry; the others are superseded.
        self._checks: dict[int | None, str] = {}
        self._edges = _Rows("edges", _EDGES)

    def parts(self) -> Iterator[Part]:
        """Yield the parts."""
        yield from self._of_models()
        yield from self._of_datasets()
        yield from self._edges.rest()
        yield from self._of_log()
        yield from self._of_governance()
        yield from self._of_serving()
        better = {name: direction_of(name, self._directions) for name in sorted(self._metrics)}
        self._index["better"] = {name: word for name, word in better.items() if word is not None}
        self._index["edges"] = self._edges.parts
        yield Part("index", self._index)

    def _of_models(self) -> Iterator[Part]:
        """Yield models, their tenures and their versions: of each its line of `list`, and what its page has more."""
        pages, tenures = _Rows("models", _MODELS), _Rows("tenures", _TENURES)
        rows, more = _Rows("versions", _VERSIONS), _Rows("pages", _VERSIONS)
        listed: list[Document] = []
        self._index["models"] = listed
        for model, name in self._models:
            with self._context.database.reading() as reader:
                page = plain(model_page(reader, self._moment.seq, Resolved(model, name)))
                held = history.tenures(reader, self._moment.seq, model=model)
                (changed,) = audit.entries(reader, audit.Wanted(about=(model, 0)), last=self._moment.seq, limit=1)
            del page["recent"]  # the newest of its versions
            place, begun = pages.parts, (tenures.parts, rows.parts)
            yield from pages.add(page)
            yield from tenures.add(*plain(held))
            held_metrics: Document = {}
            for version, edges in self._versions(model, name, page["newest"]):
                yield from self._edges.add(*edges)
                self._metrics.update(each.name for each in version.evaluations)
                self._checks |= {each.seq: each.state for each in version.checks}
                document = plain(version)
                if version.stages or version.shares:
                    held_metrics[str(version.version)] = [
                        {"name": each.name, "data": each.data, "value": plain(each.value)}
                        for by_data in newest_by_data(version.evaluations).values()
                        for each in by_data.values()
                    ]
                yield from rows.add({key: value for key, value in document.items() if key in _ROW})
                yield from more.add({key: value for key, value in document.items() if key not in _ROW})
            places = {"page": place, "tenures": [begun[0], tenures.parts], "parts": [begun[1], rows.parts]}
            more_of_it = {"metrics": held_metrics, "changed": changed.time}
            listed.append({key: page[key] for key in _OF_MODEL} | places | more_of_it)
        for each in (pages, tenures, rows, more):
            yield from each.rest()

    def _versions(self, model: int, name: str, newest: int) -> Iterator[tuple[Version, list[Document]]]:
        """Yield the pages of the versions of a model, the newest first, without tenures, and the edges to what made each."""
        at = self._moment.seq
        for last in range(newest, 0, -_AT_ONCE):
            with self._context.database.reading() as reader:
                numbers = sorted(made_by(reader, model, max(1, last - _AT_ONCE + 1), last), reverse=True)
                found = [Resolved(model, name, number) for number in numbers]
                judged = Judged(self._context, self._moment.time)
                pages = [replace(version_page(reader, at, each, judged=judged), tenures=()) for each in found]
                steps = Steps(reader, at)
                edges = [_edges_of_version(steps, VersionNode(model, each.number or 0, each.ref)) for each in found]
            yield from zip(pages, edges, strict=True)

    def _of_datasets(self) -> Iterator[Part]:
        rows = _Rows("datasets", _DATASETS)
        for row in datasets.datasets(self._context, None, self._moment):
            page = datasets.dataset(self._context, row.node, self._moment)
            place = DataNode(row.name, row.node.removeprefix(f"data:{row.name}").removeprefix("@") or None)
            with self._context.database.reading() as reader:
                causes = Steps(reader, self._moment.seq).causes(place)
            yield from self._edges.add(*(_edge(place, each) for each in causes))
            yield from rows.add(plain(page))
        yield from rows.rest()
        self._index["datasets"] = rows.parts

    def _of_log(self) -> Iterator[Part]:
        """Yield the entries of the log, the newest first, without their canonical JSON: a page is no proof."""
        rows = _Rows("entries", _ENTRIES)
        actions: Counter[str] = Counter()
        actors: Counter[str] = Counter()
        until = f"seq:{self._moment.seq}"
        pages = audit_pages(
            self._context, None, since=None, until=until, actor=None, action=None, limit=None, reverse=True
        )
        for entry in (each for page in pages for each in page):
            actions[entry.action] += 1
            actors[entry.actor] += 1
            document = plain(entry)
            del document["entry"]
            yield from rows.add(document)
        yield from rows.rest()
        self._index |= {
            "entries": rows.parts,
            "actions": dict(sorted(actions.items())),
            "actors": dict(sorted(actors.items())),
        }

    def _of_governance(self) -> Iterator[Part]:
        context, moment = self._context, self._moment
        report = period.report(context, None, since=None, until=f"seq:{moment.seq}")
        found = plain(report)
        del found["head"]  # it may be of a later entry
        for each in found["checks"]:
            each["state"] = self._checks.get(each["seq"], "superseded")
        yield Part("report", {"schema": "modelkeep.report/1", **found})
        asked = requests.requests(context, None, moment, mine=False, open_only=False)
        yield _listed("requests", asked)
        try:
            document = plain(policy.policy(context, moment))
        except NotFound:
            document = {}
        if document:
            yield Part("policy", {"schema": "modelkeep.policy/1", **document})
        yield _listed("policies", policy.policies(context, moment))
        self._index |= {
            "open_requests": sum(each.state == "open" for each in asked),
            "open_items": sum(each.closed is None for each in report.items),
            "exceptions": len(report.exceptions),
            "policy": bool(document),
        }

    def _of_serving(self) -> Iterator[Part]:
        runs = deployments.deployments(self._context, None, self._moment, target=None, drift=False)
        yield _listed("deployments", runs)
        rows = _Rows("signals", _SIGNALS)
        measured = signals.signals(self._context, None, self._moment, open_only=False, since=None, limit=_MOST_SIGNALS)
        yield from rows.add(*plain(measured))
        yield from rows.rest()
        self._index |= {
            "deployments": len(runs),
            "drift": sum(each.drift is not None for each in runs),
            "signals": rows.parts,
        }


def _edges_of_version(steps: Steps, version: VersionNode) -> list[Document]:
    """Return the edges from what made a version and to where it runs; those to its children are of these."""
    ends = (each for each in steps.results(version) if each.is_cause or isinstance(each.place, DeploymentNode))
    return [_edge(version, each) for each in (*steps.causes(version), *ends)]


def _edge(place: Place, neighbour: Neighbour) -> Document:
    """Return an edge from cause to result; of what came of a version only where it runs is here."""
    ends = (str(neighbour.place), str(place))
    source, target = reversed(ends) if isinstance(neighbour.place, DeploymentNode) else ends
    return {"source": source, "target": target, "relation": neighbour.relation}


def _listed(kind: str, rows: Iterable[Answer]) -> Part:
    return Part(kind, {"schema": f"modelkeep.{kind}/1", kind: [plain(each) for each in rows]})
