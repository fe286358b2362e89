"""The lineage as events of OpenLineage, https://openlineage.io/spec/2-0-2/OpenLineage.json, a JSON document a line.

Each version is the output of a run, and so is each dataset that was recorded with what it was made from. The inputs are
data, features, parents and addresses. Models and datasets are datasets of OpenLineage in the namespace of the registry,
their versions a facet; an address has the namespace and name that OpenLineage gives it. The id of a run is made of the
registry and the node, so that the same answer makes the same bytes. Evaluations and deployments make nothing, and are
left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from modelkeep.domain import relations
from modelkeep.domain.answers.reports import Lineage, LineageEdge, LineageNode
from modelkeep.domain.json_values import Json, to_json
from modelkeep.domain.text import escape_json

_SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
_VERSION_FACET = (
    "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
)
_SPACE = UUID("2f1dfb5c-0e6f-5d0a-9a86-6c3b1f6f4c53")
_PRODUCER = "urn:modelkeep"
#: What went into a node and is no dataset: it stands in a facet of the run.
_BESIDE = {"code": "code", "run": "runs", "environment": "environment"}


def to_openlineage(lineage: Lineage) -> list[str]:
    """Return the events: of each run its START and its COMPLETE, in the order of time."""
    nodes = {each.id: each for each in lineage.nodes}
    into: dict[str, list[LineageEdge]] = {}
    for edge in lineage.edges:
        if edge.relation not in (relations.EVALUATED, relations.RUNS_AT, relations.VERSION_OF):
            into.setdefault(edge.target, []).append(edge)
    made = [
        node
        for node in lineage.nodes
        if node.time is not None and (node.kind == "version" or (node.kind == "data" and into.get(node.id)))
    ]
    made.sort(key=lambda node: (node.time or "", node.id))
    return [
        escape_json(to_json(_event(lineage.registry, kind, node, into.get(node.id, ()), nodes)))
        for node in made
        for kind in ("START", "COMPLETE")
    ]


def _event(
    registry: str, kind: str, node: LineageNode, edges: Sequence[LineageEdge], nodes: Mapping[str, LineageNode]
) -> dict[str, Json]:
    beside: dict[str, list[Json]] = {}
    inputs: list[Json] = []
    for edge in edges:
        source = nodes[edge.source]
        if source.kind in _BESIDE:
            beside.setdefault(_BESIDE[source.kind], []).append(source.id.partition(":")[2])
            continue
        relation = {**_facet("InputDatasetFacet"), "relation": edge.relation}
        inputs.append({**_dataset(registry, source), "inputFacets": {"modelkeep_relation": relation}})
    facet: dict[str, Json] = {**_facet("RunFacet"), "node": node.id, **beside}
    if node.kind == "version":
        facet |= {"state": node.state, "stages": list(node.stages)}
    output = _dataset(registry, node)
    return {
        "eventTime": node.time,
        "eventType": kind,
        "producer": _PRODUCER,
        "schemaURL": f"{_SPEC}RunEvent",
        "run": {"runId": str(uuid5(_SPACE, f"{registry} {node.id}")), "facets": {"modelkeep": facet}},
        "job": {"namespace": f"modelkeep://{registry}", "name": output["name"]},
        "inputs": inputs,
        "outputs": [output],
    }


def _dataset(registry: str, node: LineageNode) -> dict[str, Json]:
    """Return a version, a dataset or an address as a dataset of OpenLineage."""
    called = node.id.removeprefix("data:") if node.kind == "data" else node.id
    name, at, version = (called, "", "") if node.kind == "uri" else called.rpartition("@")
    if not at:
        name, version = called, ""
    namespace, name = _place(name) if "://" in name else (f"modelkeep://{registry}", name)
    facets: dict[str, Json] = {}
    if version:
        facets["version"] = {"_producer": _PRODUCER, "_schemaURL": _VERSION_FACET, "datasetVersion": version}
    return {"namespace": namespace, "name": name, "facets": facets}


def _place(uri: str) -> tuple[str, str]:
    """Return namespace and name of an address: ``s3://bucket`` and ``path/to/it``."""
    scheme, _, rest = uri.partition("://")
    authority, _, path = rest.partition("/")
    return f"{scheme}://{authority}", path or "/"


def _facet(kind: str) -> dict[str, Json]:
    return {"_producer": _PRODUCER, "_schemaURL": f"{_SPEC}{kind}"}
