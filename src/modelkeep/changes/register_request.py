"""The arguments of `register`, and the checks that need neither registry nor file."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct, field

from modelkeep.domain.labels import check_label
from modelkeep.domain.names import is_name
from modelkeep.domain.refs import parse_ref
from modelkeep.domain.text import check_key, check_text
from modelkeep.errors import UsageError
from modelkeep.provenance.urls import scrub_text
from modelkeep.store.ingest.selection import Selection

Pairs: TypeAlias = tuple[tuple[str, str], ...]


class Request(Struct, frozen=True):
    """The arguments of `register`; all but name and paths are optional."""

    name: str
    paths: tuple[str, ...]
    stage: str | None = None
    aliases: tuple[str, ...] = ()
    label: str | None = None
    bump: str | None = None
    params: Pairs = ()
    metrics: Pairs = ()
    on: str | None = None
    tags: Pairs = ()
    data: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    code: str = "auto"
    author: str | None = None
    trained_at: str | None = None
    description: str | None = None
    if_exists: str = "match"
    move: bool = False
    selection: Selection = field(default_factory=Selection)
    expect: str | None = None
    message: str | None = None
    dry_run: bool = False


def check(request: Request) -> None:
    """Refuse what can be refused without the registry or a file."""
    if not request.paths:
        message = f"register needs a file or a directory for {request.name}"
        raise UsageError(message, f"modelkeep register {request.name} model.onnx")
    if not is_name(request.name):
        parsed = parse_ref(request.name)
        if parsed.selector is not None:
            message = f"register takes a model's name, not a version: {request.name}"
            raise UsageError(message, f"modelkeep register {parsed.name or 'NAME'} {request.paths[0]}")
    if request.label is not None:
        check_label(request.label)
    if request.label is not None and request.bump is not None:
        message = "a version has one label: give --label or --bump"
        raise UsageError(message)
    if request.on is not None and not request.metrics:
        message = f"--on says what metrics were measured on, and there are none: {request.on}"
        raise UsageError(message, "add --metric auc=0.9, or give it as --data")
    if request.move and "-" in request.paths:
        message = "--move takes a file away, and - (standard input) is none"
        raise UsageError(message, "leave out --move")
    if request.if_exists not in ("match", "skip", "new"):
        message = f"--if-exists is match, skip or new, not {request.if_exists!r}"
        raise UsageError(message)
    texts = (("description", request.description), ("author", request.author))
    for what, text in (*texts, *(("source", path) for path in request.paths)):
        check_text(text or "", what)
    for pairs, what in ((request.params, "param"), (request.metrics, "metric"), (request.tags, "tag")):
        check_pairs(pairs, what)


def check_pairs(pairs: Pairs, what: str) -> None:
    """Refuse keys and values that the log cannot hold, and a key given twice."""
    seen: set[str] = set()
    for key, value in pairs:
        check_key(key, what)
        check_text(value, f"the {what} {key}")
        if key in seen:
            message = f"the {what} {key} is given twice"
            raise UsageError(message)
        seen.add(key)


def scrubbed(pairs: Pairs) -> Pairs:
    """Return keys and values as the log may hold them: without the secrets of URLs."""
    return tuple((key, scrub_text(value)) for key, value in pairs)
