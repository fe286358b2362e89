"""`identify`: which versions have some bytes, and which stages those versions held."""

from __future__ import annotations

import os

from modelkeep.context import Context
from modelkeep.domain.answers.reports import Identified
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.refs import parse_digest, parse_ref
from modelkeep.domain.text import is_hex
from modelkeep.errors import NotFound
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.sql import history, lineage
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.version_states import standing


def identify(context: Context, what: str, moment: str | AsOf | None) -> tuple[Identified, ...]:
    """Return a line for each tenure of each version that has these bytes, and one for those that never held a stage.

    ``what`` is a path, or the digest of a version or of a file in one, of 8 to 64 hex digits.
    """
    digest = _digest(context, what)
    with snapshot(context, moment) as (reader, at):
        hits = lineage.hits(reader, at, str(parse_digest(digest)))
        if not hits:
            message = f"no version has these bytes: {digest}"
            raise NotFound(message, "modelkeep register NAME PATH")
        found: list[Identified] = []
        for model, number, file, full in hits:
            ref = f"{name_of(reader, at, model)}@{number}"
            state = standing(reader, at, model, number, number).state(number)
            held = history.tenures(reader, at, model=model, version=number)
            if not held:
                found.append(Identified(ref, None, None, None, state, file, full))
            found += [
                Identified(ref, tenure.stage, tenure.since, tenure.until, state, file, full)
                for tenure in reversed(held)
            ]
        return tuple(found)


def _digest(context: Context, what: str) -> str:
    """Return the digest to look for: of the bytes that stand there, or the one that was typed."""
    path = os.path.join(context.cwd, what)
    if os.path.lexists(path):
        from modelkeep.store.ingest.artifact import measure
        from modelkeep.store.ingest.selection import Selection

        # A view of `path`, or a snapshot of a hub's cache, is made of links.
        measured = measure([path], Selection(follow_symlinks=True))
        # Under whatever name it was registered, and in whatever tree: a file is its bytes.
        return measured.manifest.files[0].digest if measured.form == "file" else measured.manifest.digest
    selector = parse_ref(what).selector if what.startswith("sha256:") or is_hex(what.lower(), 64) else None
    if selector is None:
        message = f"there is no file '{what}' here, and it is no digest"
        raise NotFound(message, "modelkeep identify FILE        (or a directory, or sha256:HEX)")
    return str(selector)
