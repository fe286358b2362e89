"""Makes a repository of Feast with its registry, and says what Feast says of its views: ``python feast_repositories.py DIR``.

``tests/fixtures/feast`` holds the registries that Feast 0.67.0 (``payments``, whose views have versions) and 0.47.0
(``rides``, before views had any) wrote, and with ``kinds`` as project what the classes of 0.67.0 make of other kinds of views
and sources. Feast is too large to be installed for a test.
"""

import json
import os
import sys
from datetime import timedelta

from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RequestSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Array, Bool, Float32, Float64, Int64, String, UnixTimestamp
from feast.value_type import ValueType


def views(*more):
    """Return a view with an entity, one without, and one that is computed on demand."""
    card = Entity(name="card", join_keys=["card_id"], value_type=ValueType.INT64)
    source = FileSource(
        name="card_events", path="s3://user:secret@lake/cards.parquet?token=1", timestamp_field="at",
        created_timestamp_column="written",
    )  # fmt: skip
    stats = FeatureView(
        name="card_stats",
        entities=[card],
        ttl=timedelta(days=2),
        schema=[
            Field(name="card_id", dtype=Int64),
            Field(name="spent_7d", dtype=Float64),
            Field(name="countries", dtype=Array(String)),
            Field(name="night", dtype=Bool),
            *more,
        ],
        source=source,
        tags={"team": "fraud"},
        description="what a card did",
    )
    rates = FeatureView(
        name="rates",
        ttl=timedelta(0),
        schema=[Field(name="rate", dtype=Float32), Field(name="since", dtype=UnixTimestamp)],
        source=FileSource(name="rates", path="data/rates.parquet", timestamp_field="at"),
    )
    request = RequestSource(name="payment", schema=[Field(name="amount", dtype=Float64)])

    @on_demand_feature_view(sources=[stats, request], schema=[Field(name="share", dtype=Float64)], mode="python")
    def share(inputs):
        return {"share": [a / b for a, b in zip(inputs["amount"], inputs["spent_7d"], strict=True)]}

    return [card, source, stats, rates, share]


def told(view, version=None):
    """Return what Feast says of a view."""
    columns = getattr(view, "entity_columns", [])
    return {
        "name": view.name,
        "features": [[each.name, str(each.dtype)] for each in view.features],
        "entities": [each for each in getattr(view, "entities", []) or [] if each != "__dummy"],
        "keys": [[each.name, str(each.dtype)] for each in columns if each.name != "__dummy_id"],
        "ttl": None if not getattr(view, "ttl", None) else int(view.ttl.total_seconds()),
        "version": version,
    }


def kinds():
    """Return a registry with views of the other kinds."""
    from feast import BigQuerySource, PushSource, RedshiftSource, SnowflakeSource
    from feast.aggregation import Aggregation
    from feast.data_format import JsonFormat
    from feast.data_source import KafkaSource
    from feast.labeling.label_view import LabelView
    from feast.protos.feast.core.Registry_pb2 import Registry
    from feast.stream_feature_view import StreamFeatureView
    from feast.types import Map, Set

    def function(rows):
        return rows

    registry = Registry()
    number = Field(name="n", dtype=Int64)
    batch = FileSource(name="b", path="s3://lake/b.parquet", timestamp_field="at")
    topic = KafkaSource(
        name="k", kafka_bootstrap_servers="host:9092", topic="cards", timestamp_field="at", batch_source=batch,
        message_format=JsonFormat("a int"),
    )  # fmt: skip
    entities = [Entity(name="card", join_keys=["card_id"], value_type=ValueType.INT64)]
    live = StreamFeatureView(
        name="live", entities=entities, ttl=timedelta(hours=1), source=topic, mode="python", timestamp_field="at", udf=function,
        schema=[number, Field(name="t", dtype=Set(String)), Field(name="m", dtype=Map), Field(name="v", dtype=Array(Float32))],
        aggregations=[Aggregation(column="n", function="sum", time_window=timedelta(minutes=5))],
    )  # fmt: skip
    sources = {
        "pushed": PushSource(name="p", batch_source=batch),
        "snow": SnowflakeSource(name="s", database="D", schema="S", table="T", timestamp_field="at"),
        "big": BigQuerySource(name="q", table="p.d.t", timestamp_field="at"),
        "red": RedshiftSource(name="r", query="select 1", timestamp_field="at"),
    }
    label = LabelView(name="label", entities=entities, schema=[Field(name="fraud", dtype=Bool)], source=batch)
    batches = [
        FeatureView(name=name, entities=entities, schema=[number], source=each) for name, each in sources.items()
    ]
    for views, made in (
        (registry.feature_views, batches), (registry.stream_feature_views, [live]), (registry.label_views, [label]),
    ):  # fmt: skip
        views.extend(each.to_proto() for each in made)
        for each in views:
            each.spec.project = "kinds"
    return registry.SerializeToString()


def main(place, project):
    os.makedirs(place, exist_ok=True)
    os.chdir(place)
    with open("feature_store.yaml", "w") as file:
        file.write(
            f"project: {project}\nprovider: local\nregistry: data/registry.db\nonline_store:\n  path: data/online.db\n"
        )
    if project == "kinds":
        os.mkdir("data")
        with open("data/registry.db", "wb") as file:
            file.write(kinds())
        return
    store = FeatureStore(".")
    store.apply(views())
    said = []
    if hasattr(store.get_feature_view("rates"), "current_version_number"):
        first = store.get_feature_view("card_stats")
        said.append(told(first, first.current_version_number))
        store.apply(views(Field(name="tries", dtype=Int64)))
    for each in [*store.list_feature_views(), *store.list_on_demand_feature_views()]:
        said.append(told(each, getattr(each, "current_version_number", None)))
    json.dump(said, sys.stdout, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
