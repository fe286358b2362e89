"""A registration that the policy refuses whatever the bytes are is refused before a byte is stored."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from modelkeep.changes.change_request import Resolve
from modelkeep.changes.inspecting import find_contents
from modelkeep.changes.register_request import Request
from modelkeep.changes.runner import ChangeRunner, ignore_note
from modelkeep.context import Context
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.errors import Denied, ModelkeepError
from modelkeep.store.db.sqlite.database import Session
from modelkeep.store.ingest.artifact import Ingested, measure
from modelkeep.store.ingest.ranges import source_files

#: Stands for bytes that are not known yet.
_ANY_BYTES = Ingested(
    manifest=Manifest.of([ManifestFile(digest_of(b""), "artifact", 0)]),
    form="file",
    symlinks=False,
    newest_mtime_ns=None,
    notes=(),
    size_bytes=0,
    new_bytes=0,
)


def refuse_early(
    context: Context,
    session: Session,
    request: Request,
    resolve: Callable[..., Resolve],
    progress: Callable[[int, int], None] | None,
) -> None:
    """Raise ``Denied`` where the policy refuses the stage; ``resolve`` returns the change for some bytes and their contents.

    The same bytes again change nothing and are not judged, so the bytes are hashed before the refusal. Standard input
    cannot be read twice: it is not looked at.
    """
    if request.dry_run or "-" in request.paths:
        return
    runner = ChangeRunner(replace(context, say=ignore_note), session, message=request.message, dry_run=True)
    try:
        runner.run(resolve(_ANY_BYTES))
    except Denied:
        measured = measure(request.paths, request.selection, secrets=False, progress=progress)
        runner.run(resolve(measured, find_contents(request, source_files(measured.sources))))
    except ModelkeepError:
        pass  # the registration itself says what else is wrong: the same bytes again may be a success all the same
