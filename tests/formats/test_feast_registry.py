"""Feast's registry: what is read of one that Feast wrote is what Feast says; hostile ones end with a finding."""

import json
import random
from pathlib import Path

import pytest
from model_files import InMemory
from model_makers import message

from modelkeep.domain.feature_view import Column, Transformation, ViewDefinition, ViewSource, parse_view, to_document
from modelkeep.formats.feast_registry import read_view, view_names
from modelkeep.formats.interface import Budget, Malformed, OverBudget

WRITTEN = Path(__file__).parent.parent / "fixtures" / "feast"

SELECT = "sha256:822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f"  # of "select 1"


def registry(project):
    return InMemory("registry.db", (WRITTEN / project / "data" / "registry.db").read_bytes())


def read(name, version=None, project="payments", file=None):
    return read_view(file or registry(project), project, name, version, Budget())


@pytest.mark.parametrize("project", ["payments", "rides"])
def test_views_are_what_feast_says(project):
    said = json.loads((WRITTEN / f"{project}.json").read_text())
    assert set(view_names(registry(project), project, Budget())) == {each["name"] for each in said}
    for i, told in enumerate(said):
        # what Feast says of the first version of card_stats was asked before there was a second one
        first = project == "payments" and i == 0
        found = read(told["name"], 0 if first else None, project)
        view = found.definition
        assert (view.name, view.project, view.ttl_seconds) == (told["name"], project, told["ttl"])
        assert [[each.name, each.dtype] for each in view.features] == sorted(told["features"])
        assert [[each.name, each.dtype] for each in view.keys] == told["keys"]
        assert list(view.entities) == told["entities"]
        assert found.version == (None if project == "rides" else told["version"] or 0)
        assert parse_view(to_document(view)) == view


def test_a_view_that_feast_wrote_is_read_to_its_source_and_its_function():
    assert read("card_stats", 1) == (
        ViewDefinition(
            kind="batch",
            store="feast",
            project="payments",
            name="card_stats",
            features=(
                Column("countries", "Array(String)"), Column("night", "Bool"), Column("spent_7d", "Float64"),
                Column("tries", "Int64"),
            ),
            entities=("card",),
            keys=(Column("card_id", "Int64"),),
            sources=(
                ViewSource(
                    kind="file", name="card_events", location="s3://lake/cards.parquet", timestamp="at"
                ),
            ),
            ttl_seconds=172_800,
        ),
        1,
        (0, 1),
    )  # fmt: skip
    share = read("share").definition
    assert share.sources == (ViewSource(kind="request", name="payment"), ViewSource(kind="view", name="card_stats"))
    assert share.transformation == Transformation(
        name="share", mode="python", digest="sha256:3dabe8a59107f25e7f9a6456e10fe84fe8689867fc3deeb76d9da23ce8ab55d4"
    )
    assert read("share", project="rides").definition.transformation == share.transformation


def test_views_of_other_kinds_and_other_sources_that_feast_made():
    views = {name: read(name, project="kinds").definition for name in view_names(registry("kinds"), "kinds", Budget())}
    b = ViewSource(kind="file", name="b", location="s3://lake/b.parquet", timestamp="at")
    assert {name: (view.kind, view.sources) for name, view in views.items()} == {
        "pushed": ("batch", (b, ViewSource(kind="push", name="p", timestamp="at"))),
        "snow": ("batch", (ViewSource(kind="snowflake", name="s", location="D.S.T", timestamp="at"),)),
        "big": ("batch", (ViewSource(kind="bigquery", name="q", location="p.d.t", timestamp="at"),)),
        "red": ("batch", (ViewSource(kind="redshift", name="r", timestamp="at", query=SELECT),)),
        "live": ("stream", (b, ViewSource(kind="kafka", name="k", location="cards", timestamp="at"))),
        "label": ("label", (b,)),
    }
    live = views["live"]
    assert [each.dtype for each in live.features] == ["Map", "Int64", "Set(String)", "Array(Float32)"]
    assert (live.ttl_seconds, live.aggregations) == (3600, ("sum(n) 300 s",))
    assert (live.transformation.name, live.transformation.mode) == ("function", "python")


def test_views_that_are_not_there_and_versions_that_are_not_there_differ():
    assert read("card_stat") is None
    assert read_view(registry("payments"), "rides", "card_stats", None, Budget()) is None
    assert read("card_stats", 7) == (None, 1, (0, 1))
    assert read("card_stats", 7, "rides") == (None, None, ())


def test_sources_are_named_by_place_or_query():
    def view(*options):
        spec = message((1, "v"), (2, "p"), (4, message((1, "x"), (2, 23))), (7, message((20, "s"), *options)))
        return InMemory("r", message((6, message((1, spec)))))

    for options, expected in (
        (((1, 2), (12, message((1, "db.t")))), ("bigquery", "db.t", None)),
        (((1, 8), (19, message((1, "t"), (3, "s"), (4, "d")))), ("snowflake", "d.s.t", None)),
        (((1, 5), (15, message((2, "select 1")))), ("redshift", None, SELECT)),
        (((1, 3), (13, message((1, "host:9092"), (2, "topic")))), ("kafka", "topic", None)),
        (((1, 99),), ("other", None, None)),
    ):  # fmt: skip
        found = read_view(view(*options), "p", "v", None, Budget()).definition
        assert [(each.kind, each.location, each.query) for each in found.sources] == [expected]
        assert found.features == (Column("x", "Set(String)"),)


def test_a_registry_that_is_cut_or_changed_ends_with_a_view_or_a_finding():
    data = registry("payments").data
    chance = random.Random(1)
    refused = 0
    for i in range(200):
        changed = bytearray(data[: chance.randrange(len(data))] if i % 2 else data)
        for _ in range(i % 5):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        for version in (None, 0):
            try:
                found = read("card_stats", version, file=InMemory("r", bytes(changed)))
            except Malformed:
                refused += 1
            else:
                assert found is None or found.definition is None or parse_view(to_document(found.definition))
    assert refused > 50


def test_a_registry_with_very_many_views_or_parts_is_not_read_to_its_end():
    spec = message((1, "v"), (2, "p"), *(((4, b""),) * 10_001))
    with pytest.raises(Malformed, match="has a view with more than 10000 parts"):
        read_view(InMemory("r", message((6, message((1, spec))))), "p", "v", None, Budget())
    ticks = iter(range(1_000_000))
    many = InMemory("r", b"\x32\x02\x0a\x00" * 2_000_000)
    with pytest.raises(OverBudget):
        read_view(many, "p", "v", None, Budget(clock=lambda: next(ticks)))
