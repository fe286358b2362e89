"""`data add`: a version of a dataset is recorded, with what its bytes are, where it lies, its schema and its parents."""

from __future__ import annotations

import os
import stat
from shlex import join, quote

from msgspec import Struct

from modelkeep.changes.change_request import ChangeRequest, Resolve
from modelkeep.changes.register_request import datasets, hash_path
from modelkeep.context import Context
from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.dataset_names import data_name
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.known_documents import LARGEST
from modelkeep.domain.text import printable
from modelkeep.domain.urls import is_url
from modelkeep.domain.verbs.data import AddDataset
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import Conflict, NotFound, UsageError
from modelkeep.provenance.feast_store import FILE as FEAST
from modelkeep.provenance.feast_store import read_store
from modelkeep.provenance.inputs import Source, parse_name, parse_source
from modelkeep.provenance.value_files import read_bytes
from modelkeep.reads.authority import require_permission
from modelkeep.reads.references import Say
from modelkeep.store import backup_mark
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import datasets as select
from modelkeep.store.db.state import SqlState
from modelkeep.store.named_paths import status_of
from modelkeep.store.os_errors import explain_source_errors
from modelkeep.store.ownership import require_own

_EXAMPLE = "modelkeep data add transactions@2026-02 data/transactions.parquet"


class DatasetRequest(Struct, frozen=True):
    """A dataset that is to be recorded: its ``NAME@VERSION``, a path or URI, the file with its schema, its parents."""

    name: str
    source: str | None = None
    schema: str | None = None
    rows: int | None = None
    parents: tuple[str, ...] = ()
    dry_run: bool = False


def add_dataset(context: Context, request: DatasetRequest) -> Resolve:
    """Return the change that records a dataset; a path is hashed here, before a lock is taken."""
    named = _parse_name(context, request)
    schema = None if request.schema is None else _read_schema(context, request.schema)
    with context.database.reading() as reader:
        backup_mark.require_no_backup(context.directory)
        require_own(context.directory, SqlState(reader).registry_id, dry_run=request.dry_run)
    require_permission(context, AddDataset.PERMISSION)
    if request.source is not None and os.path.basename(request.source) == FEAST:
        return _add_view(context, request, named)
    source = Source() if request.source is None else parse_source(request.source, context.cwd, hash_path)
    parents = tuple(_parent(each.data) for each in datasets(context, request.parents))
    command = AddDataset(
        name=named.name,
        version=named.version or "",
        digest=source.digest,
        checksum=source.checksum,
        rows=request.rows,
        schema=None if schema is None else digest_of(schema),
        parents=parents,
    )
    called = data_name(named.name, named.version, None)

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        _check_place(reader, say, called, command, source)
        for each in parents:
            if not _is_known(reader, each):
                say(f"note: nothing names {printable(data_name(each.name, each.version, each.digest))} yet")
        return ChangeRequest(
            command,
            None,
            fields=() if source.location is None else (("location", source.location),),
            documents={} if schema is None else {digest_of(schema): schema},
            effects=(Effect(called, NONE, _contents(command, source)),),
            about=called,
        )

    return resolve


def _add_view(context: Context, request: DatasetRequest, named: Data) -> Resolve:
    """Return the change that records a view of a feature store, whose ``feature_store.yaml`` is the source."""
    from modelkeep.changes import feature_views  # most datasets are none

    for option, given in (
        ("--schema", request.schema),
        ("--rows", request.rows),
        ("--parent", request.parents or None),
    ):
        if given is not None:
            message = f"{option} does not go with {FEAST}: the store says what the view is"
            raise UsageError(message, f"leave out {option}")
    store = read_store(os.path.join(context.cwd, request.source or ""))
    return feature_views.add_view(feature_views.view_in(store, named))


def _parse_name(context: Context, request: DatasetRequest) -> Data:
    """Return the dataset that is meant; ``UsageError`` where the text is no ``NAME@VERSION``, or the words are swapped."""
    found = parse_name(request.name)
    if found is not None:
        return found
    message = f"a dataset is recorded as NAME@VERSION, not '{printable(request.name)}'"
    swapped = request.source is not None and parse_name(request.source) is not None
    if swapped and (is_url(request.name) or os.path.exists(os.path.join(context.cwd, request.name))):
        raise UsageError(message, printable(join(["modelkeep", "data", "add", request.source or "", request.name])))
    raise UsageError(message, _EXAMPLE)


def _parent(data: Data) -> Data:
    if data.role is None:
        return data
    message = f"a parent of a dataset has no role: '{printable(data.role)}='"
    raise UsageError(message, f"--parent {quote(data_name(data.name, data.version, data.digest))}")


def _read_schema(context: Context, given: str) -> bytes:
    """Return what the file of a schema holds: any bytes, at most 1 MiB."""
    shown, path = printable(given), os.path.join(context.cwd, given)
    with explain_source_errors(given):
        try:
            status = status_of(path)
        except FileNotFoundError as error:
            message = f"there is no file '{shown}'"
            raise NotFound(message, "--schema schema.json") from error
    if not stat.S_ISREG(status.st_mode):
        message = f"'{shown}' is no regular file"
        raise UsageError(message, "--schema schema.json")
    data = read_bytes(path, status) if status.st_size <= LARGEST["schema"] else b""
    if 0 < len(data) <= LARGEST["schema"]:
        return data
    message = f"'{shown}' is {'empty' if status.st_size == 0 else 'larger than 1 MiB'}: it is no schema of a dataset"
    raise UsageError(message, "--schema schema.json")


def _check_place(reader: Reader, say: Say, called: str, command: AddDataset, source: Source) -> None:
    """Refuse another place of a dataset that is known by its place alone; say that another place is not recorded."""
    row = next(
        (each for each in select.OF_NAME.rows(reader, None, name=command.name) if each[1] == command.version), None
    )
    if row is None or source.location is None or row[9] == source.location:
        return
    if row[3] is None and row[4] is None:
        place = "without a place" if row[9] is None else f"at {row[9]}"
        message = f"{called} is recorded {place} in entry {row[2]}, not at {source.location}"
        raise Conflict(printable(message), f"modelkeep data show {quote(called)}        (a change is another version)")
    if (row[3], row[4]) == (command.digest, command.checksum):
        say(f"note: {called} stays recorded at {printable(row[9] or 'no place')}")


def _is_known(reader: Reader, data: Data) -> bool:
    if data.version is not None and SqlState(reader).dataset(data.name, data.version) is not None:
        return True
    rows = select.MENTIONED_OF_NAME.rows(reader, None, name=data.name)
    return any((version, digest) == (data.version, data.digest) for _, version, digest, _ in rows)


def _contents(command: AddDataset, source: Source) -> str:
    """Return what a dataset is, as its effect says it: its digest, else its checksum, its place, or only its name."""
    what = command.digest or command.checksum or source.location or "recorded"
    return f"{what}{command.row_words}"
