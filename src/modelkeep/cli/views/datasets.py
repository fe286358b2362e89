"""What `data list` and `data show` print: datasets, and one of them with all that was made from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from modelkeep.cli.views.interface import View, field_lines, line, to_seconds
from modelkeep.cli.views.layout import facts, heading, indented, section, short, stack, stages, table, text
from modelkeep.domain.answers.datasets import DatasetPage, DatasetRow, DatasetUse, FeatureSource, FeatureViewDefinition
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.dataset_names import data_name
from modelkeep.domain.relations import in_words
from modelkeep.rendering import Clock, human_age, human_size

if TYPE_CHECKING:
    from rich.console import RenderableType


class DatasetsView(View, frozen=True):
    """Datasets by name: those that were recorded, and those that are only named."""

    as_of: AsOf | None
    datasets: Sequence[DatasetRow]

    def lines(self) -> list[str]:
        return [
            line(
                each.name,
                each.version,
                each.recorded,
                each.uses,
                each.rows,
                each.digest or each.checksum,
                to_seconds(each.since),
                each.actor,
                each.location,
            )
            for each in self.datasets
        ]

    def identifiers(self) -> list[str]:
        return [_called(each) for each in self.datasets]

    def table(self, clock: Clock) -> RenderableType:
        rows = (
            (
                text(_called(each), "bold"),
                each.uses,
                None if each.rows is None else f"{each.rows:,}",
                text(f"{clock.ago(each.since)} by {each.actor}") if each.since else text("only named", "dim"),
                each.checksum if each.digest is None else short(each.digest),
                each.location,
            )
            for each in self.datasets
        )
        columns = ("dataset", "used", "rows", "recorded", "digest", "location")
        return table(columns, rows, right=("used", "rows"), fold=("location",), drop=("digest", "location"))


class DatasetView(View, frozen=True):
    """A dataset: its bytes, its place, what it was made from, and which versions used it."""

    answer: DatasetPage
    as_of: AsOf | None

    def lines(self) -> list[str]:
        return [*field_lines({name: value for name, value in self.document().items() if name != "as_of"})]

    def identifiers(self) -> list[str]:
        return [_called(self.answer)]

    def table(self, clock: Clock) -> RenderableType:
        page = self.answer
        when = (
            None if page.since is None else f"{clock.second(page.since)} by {page.actor}, {clock.ago(page.since)} ago"
        )
        schema = page.schema_document
        known = facts(
            [
                ("recorded", when or "no: it is only named"),
                ("reason", page.reason),
                ("location", page.location),
                ("rows", None if page.rows is None else f"{page.rows:,}"),
                ("digest", page.digest),
                ("checksum", page.checksum),
                ("schema", None if schema is None else f"{schema.digest}  {human_size(schema.size_bytes)}"),
                ("made from", ", ".join(each.removeprefix("data:") for each in page.parents)),
                ("made into", ", ".join(each.removeprefix("data:") for each in page.children)),
            ]
        )
        rows = [
            (text(each.ref, "bold"), _how(each), stages(each.stages) if each.stages else text(each.state))
            for each in page.used
        ]
        used = [heading("used by"), indented(table(("version", "how", "stage or state"), rows))] if rows else []
        view = [] if page.feature_view is None else _feature_view(page.feature_view)
        return stack(text(_called(page), "bold"), known, *view, *used)

    def notes(self) -> list[str]:
        """Return how a dataset that is only named is recorded."""
        page = self.answer
        if page.recorded or page.version is None:
            return []
        return [f"it is only named; modelkeep data add {_called(page)} PATH records what it is"]


def _feature_view(view: FeatureViewDefinition) -> list[RenderableType]:
    function, ttl = view.transformation, view.ttl_seconds
    known = [
        ("kind", view.kind),
        ("entities", ", ".join(view.entities)),
        ("keys", ", ".join(f"{each.name} {each.dtype}" for each in view.keys)),
        *(("source", _source(each)) for each in view.sources),
        ("ttl", "" if ttl is None else human_age(timedelta(seconds=ttl))),
        ("aggregation", ", ".join(view.aggregations)),
        ("function", "" if function is None else f"{function.name or '-'}  {short(function.digest)}"),
        *(("feature", f"{each.name} {each.dtype}") for each in view.features),
    ]
    return section(f"feature view of {view.store.capitalize()}", [(name, value) for name, value in known if value])


def _source(source: FeatureSource) -> str:
    place = source.location or ("" if source.query is None else f"query {short(source.query)}")
    return " ".join(filter(None, (source.kind, source.name, place and f"({place})")))


def _how(use: DatasetUse) -> str:
    return in_words(use.relation) + ("" if use.named is None else f", as {use.named.removeprefix('data:')}")


def _called(row: DatasetRow) -> str:
    return data_name(row.name, row.version, row.digest)
