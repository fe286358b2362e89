"""What is typed for a node of the lineage: a version, data, a commit, a run, an environment or a target."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from modelkeep.domain.labels import fold
from modelkeep.domain.refs import NODE_KINDS, Ref, parse_ref
from modelkeep.domain.text import check_text, pattern, printable
from modelkeep.errors import UsageError

_HEX = pattern(r"[0-9a-f]{4,64}")


class DataNode(Struct, frozen=True):
    """A dataset, by its name or URI; without a version all versions of it."""

    name: str
    version: str | None

    def __str__(self) -> str:
        return f"data:{self.name}" if self.version is None else f"data:{self.name}@{self.version}"


class CodeNode(Struct, frozen=True):
    """A commit, by the beginning of its hash in lower case."""

    commit: str

    def __str__(self) -> str:
        return f"code:{self.commit}"


class RunNode(Struct, frozen=True):
    """A training or evaluation run, by the id that its tracker gave it."""

    id: str

    def __str__(self) -> str:
        return f"run:{self.id}"


class EnvironmentNode(Struct, frozen=True):
    """The Python environment that versions were made in, by the beginning of its document's SHA-256."""

    hex_prefix: str

    def __str__(self) -> str:
        return f"environment:{self.hex_prefix}"


class DeploymentNode(Struct, frozen=True):
    """A place where a version runs."""

    target: str

    def __str__(self) -> str:
        return f"deployment:{self.target}"


Node: TypeAlias = Ref | DataNode | CodeNode | RunNode | EnvironmentNode | DeploymentNode


_FORMS = {
    "data": "data:NAME or data:NAME@VERSION, as data:transactions@2026-02",
    "code": "code:COMMIT with at least 4 hex digits, as code:9f2c4e1",
    "run": "run:ID",
    "environment": "environment:HEX with at least 4 digits of its digest, as environment:9b71c268cf25",
    "deployment": "deployment:TARGET",
}


def parse_node(text: str) -> Node:
    """Return a node of lineage: ``data:NAME[@VERSION]``, ``code:COMMIT``, ``run:ID``, ``environment:HEX``, ``deployment:TARGET``, or a REF."""
    kind, colon, rest = text.partition(":")
    if not colon or kind not in NODE_KINDS:
        return parse_ref(text)
    check_text(rest, f"the name after '{kind}:'")
    if kind == "data":
        name, at, version = rest.rpartition("@")
        if not at:
            name, version = rest, ""
        if name and bool(version) == bool(at):
            return DataNode(name, version or None)
    elif kind == "code":
        if _HEX.fullmatch(fold(rest)):
            return CodeNode(fold(rest))
    elif kind == "environment":
        digits = fold(rest).removeprefix("sha256:")
        if _HEX.fullmatch(digits):
            return EnvironmentNode(digits)
    elif rest:
        return RunNode(rest) if kind == "run" else DeploymentNode(rest)
    message = f"not a node of lineage: '{printable(text)}'"
    raise UsageError(message, f"write {_FORMS[kind]}")
