"""Answers about relations: identify, diff and lineage."""

from __future__ import annotations

from modelkeep.domain.record import Answer


class Identified(Answer, frozen=True):
    """Where some bytes are known from: a version (and the file inside it), and one of its tenures."""

    ref: str
    stage: str | None
    since: str | None
    until: str | None
    state: str
    file: str | None
    digest: str


class DiffRow(Answer, frozen=True):
    """One difference: the section, the key in it, and the value on each side (None: not there)."""

    section: str
    key: str
    values: tuple[str | None, ...]
    note: str | None = None


class Diff(Answer, frozen=True):
    """Versions side by side; ``rows`` are only what differs."""

    refs: tuple[str, ...]
    same: bool
    rows: tuple[DiffRow, ...]


class LineageNode(Answer, frozen=True):
    """A node of the lineage: ``kind`` is version, data, code, run or uri."""

    id: str
    kind: str
    state: str | None = None
    stages: tuple[str, ...] = ()


class LineageEdge(Answer, frozen=True):
    """``source`` went into ``target``; ``relation`` is trained_on, built_from, tracked_by, derived_from …."""

    source: str
    target: str
    relation: str


class Lineage(Answer, frozen=True):
    """The nodes above and below a node, each once; edges run from cause to result."""

    root: str
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
