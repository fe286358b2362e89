"""How versions and files are related: what is what, what differs, what was made from what."""

from __future__ import annotations

from modelkeep.domain.quick import dataclass


@dataclass(frozen=True, slots=True)
class Identified:
    """Where some bytes are known from: a version (and the file inside it), and one of its tenures."""

    ref: str
    stage: str | None
    since: str | None
    until: str | None
    state: str
    file: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One difference: the section, the key in it, and the value on each side (None: not there)."""

    section: str
    key: str
    values: tuple[str | None, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Diff:
    """Versions side by side; ``rows`` are only what differs."""

    refs: tuple[str, ...]
    same: bool
    rows: tuple[DiffRow, ...]


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A node of the lineage: ``kind`` is version, data, code, run or uri."""

    id: str
    kind: str
    state: str | None = None
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """``source`` went into ``target``; ``relation`` is trained_on, built_from, tracked_by, derived_from …."""

    source: str
    target: str
    relation: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """What made a node and what was made from it; every node once, edges from cause to result."""

    root: str
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
