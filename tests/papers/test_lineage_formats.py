"""The lineage as DOT, Mermaid and OpenLineage: literal text, hostile names, and the classes of OpenLineage itself."""

import json
import shutil
import subprocess

import pytest

from modelkeep.domain.answers.reports import Lineage, LineageEdge, LineageNode
from modelkeep.papers.graphs import to_dot, to_mermaid
from modelkeep.papers.openlineage import to_openlineage

LINEAGE = Lineage(
    "fraud@2",
    (
        LineageNode("fraud@2", "version", "active", ("production",), "2026-01-02T00:00:00.000000Z"),
        LineageNode("data:transactions@2026-02", "data", time="2026-01-01T00:00:00.000000Z"),
        LineageNode("data:s3://lake/raw@7", "data"),
        LineageNode("code:9f2c4e1", "code"),
        LineageNode("run:r-1", "run"),
        LineageNode("environment:9b71c268cf25", "environment"),
        LineageNode("https://hub.example/bert", "uri"),
        LineageNode("deployment:k8s/eu", "deployment"),
        LineageNode("data:holdout", "data"),
    ),
    (
        LineageEdge("data:transactions@2026-02", "fraud@2", "trained_on"),
        LineageEdge("code:9f2c4e1", "fraud@2", "built_from"),
        LineageEdge("run:r-1", "fraud@2", "tracked_by"),
        LineageEdge("environment:9b71c268cf25", "fraud@2", "ran_in"),
        LineageEdge("https://hub.example/bert", "fraud@2", "fine-tune_of"),
        LineageEdge("data:s3://lake/raw@7", "data:transactions@2026-02", "made_from"),
        LineageEdge("fraud@2", "deployment:k8s/eu", "runs_at"),
        LineageEdge("data:holdout", "fraud@2", "evaluated_on"),
    ),
    registry="0" * 32,
)


def test_dot_is_a_graph_whose_edges_say_what_they_mean():
    assert "\n".join(to_dot(LINEAGE)) == (
        "digraph lineage {\n"
        "  rankdir=LR;\n"
        "  node [shape=box];\n"
        '  "fraud@2" [label="fraud@2\\nproduction", shape=box, style=bold];\n'
        '  "data:transactions@2026-02" [label="data:transactions@2026-02", shape=cylinder];\n'
        '  "data:s3://lake/raw@7" [label="data:s3://lake/raw@7", shape=cylinder];\n'
        '  "code:9f2c4e1" [label="code:9f2c4e1", shape=note];\n'
        '  "run:r-1" [label="run:r-1", shape=ellipse];\n'
        '  "environment:9b71c268cf25" [label="environment:9b71c268cf25", shape=component];\n'
        '  "https://hub.example/bert" [label="https://hub.example/bert", shape=plaintext];\n'
        '  "deployment:k8s/eu" [label="deployment:k8s/eu", shape=house];\n'
        '  "data:holdout" [label="data:holdout", shape=cylinder];\n'
        '  "data:transactions@2026-02" -> "fraud@2" [label="trained on"];\n'
        '  "code:9f2c4e1" -> "fraud@2" [label="built from"];\n'
        '  "run:r-1" -> "fraud@2" [label="tracked by"];\n'
        '  "environment:9b71c268cf25" -> "fraud@2" [label="ran in"];\n'
        '  "https://hub.example/bert" -> "fraud@2" [label="fine-tune of"];\n'
        '  "data:s3://lake/raw@7" -> "data:transactions@2026-02" [label="made from"];\n'
        '  "fraud@2" -> "deployment:k8s/eu" [label="runs at"];\n'
        '  "data:holdout" -> "fraud@2" [label="evaluated on"];\n'
        "}"
    )


def test_mermaid_is_a_flowchart():
    assert to_mermaid(LINEAGE)[:4] == [
        "flowchart LR",
        '  n0["fraud@2<br/>production"]',
        '  n1[("data:transactions@2026-02")]',
        '  n2[("data:s3://lake/raw@7")]',
    ]
    assert to_mermaid(LINEAGE)[10:13] == [
        '  n1 -->|"trained on"| n0',
        '  n3 -->|"built from"| n0',
        '  n4 -->|"tracked by"| n0',
    ]
    assert to_mermaid(LINEAGE)[-1] == "  style n0 stroke-width:3px"


def test_a_name_never_ends_its_label():
    name = 'run:a"]; n9 --> n0\n<script>`#quot;\\'
    hostile = Lineage(
        name, (LineageNode(name, "run"), LineageNode("a@1", "version")), (LineageEdge(name, "a@1", "tracked_by"),)
    )
    assert to_mermaid(hostile)[1] == ('  n0(["run:a#34;]#59; n9 --#62; n0#92;n#60;script#62;#96;#35;quot#59;#92;"])')
    assert to_dot(hostile)[3] == (
        r"""  "run:a\"]; n9 --> n0\\n<script>`#quot;\\" [label="run:a\"]; n9 --> n0\\n<script>`#quot;\\", shape=ellipse];"""
    )
    assert all(json.loads(each) for each in to_openlineage(hostile))


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz: apt install graphviz")
def test_graphviz_reads_it():
    done = subprocess.run(
        ["dot", "-Tcanon"], input="\n".join(to_dot(LINEAGE)), capture_output=True, text=True, check=True
    )
    assert "trained on" in done.stdout


def test_openlineage_has_a_start_and_a_completion_of_each_run_in_the_order_of_time():
    events = [json.loads(each) for each in to_openlineage(LINEAGE)]
    assert [(each["eventType"], each["outputs"][0]["name"]) for each in events] == [
        ("START", "transactions"), ("COMPLETE", "transactions"), ("START", "fraud"), ("COMPLETE", "fraud"),
    ]  # fmt: skip
    last = events[-1]
    assert last["eventTime"] == "2026-01-02T00:00:00.000000Z"
    assert last["job"] == {"namespace": "modelkeep://" + "0" * 32, "name": "fraud"}
    assert [(each["namespace"], each["name"], each["inputFacets"]["modelkeep_relation"]["relation"]) for each in last["inputs"]] == [
        ("modelkeep://" + "0" * 32, "transactions", "trained_on"),
        ("https://hub.example", "bert", "fine-tune_of"),
    ]  # fmt: skip
    facet = last["run"]["facets"]["modelkeep"]
    assert {key: facet[key] for key in facet if key[0] != "_"} == {
        "node": "fraud@2", "code": ["9f2c4e1"], "runs": ["r-1"], "environment": ["9b71c268cf25"], "state": "active", "stages": ["production"],
    }  # fmt: skip
    assert events[0]["inputs"][0]["namespace"] == "s3://lake"
    assert events[0]["inputs"][0]["facets"]["version"]["datasetVersion"] == "7"


def test_openlineages_own_classes_take_the_events():
    v2 = pytest.importorskip(
        "openlineage.client.event_v2", reason="openlineage-python is not installed: its classes are not asked"
    )
    from openlineage.client.facet_v2 import dataset_version_dataset
    from openlineage.client.serde import Serde

    def facets(given):
        made = {}
        for name, facet in given.items():
            if name == "version":
                made[name] = dataset_version_dataset.DatasetVersionDatasetFacet(
                    facet["datasetVersion"], producer=facet["_producer"]
                )
                assert made[name]._schemaURL == facet["_schemaURL"]
            else:
                made[name] = facet
        return made

    for line in to_openlineage(LINEAGE):
        event = json.loads(line)
        made = v2.RunEvent(
            eventType=v2.RunState[event["eventType"]],
            eventTime=event["eventTime"],
            producer=event["producer"],
            run=v2.Run(**event["run"]),
            job=v2.Job(**event["job"]),
            inputs=[v2.InputDataset(**{**each, "facets": facets(each["facets"])}) for each in event["inputs"]],
            outputs=[v2.OutputDataset(**{**each, "facets": facets(each["facets"])}) for each in event["outputs"]],
        )
        again = Serde.to_dict(made)
        assert again["schemaURL"] == event["schemaURL"]
        assert {key: again[key] for key in ("run", "eventTime", "producer")} == {
            key: event[key] for key in ("run", "eventTime", "producer")
        }
        assert [each["name"] for each in again["inputs"]] == [each["name"] for each in event["inputs"]]


def test_two_runs_give_the_same_bytes():
    for make in (to_dot, to_mermaid, to_openlineage):
        assert make(LINEAGE) == make(LINEAGE)
