"""`init`: make a directory, a database with its first entry, and a store."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from shlex import quote

from modelkeep.changes.runner import ignore_note
from modelkeep.context import Context
from modelkeep.domain.entry import Intent, Observed
from modelkeep.domain.stages import declare_stages
from modelkeep.domain.verbs.init import Init
from modelkeep.errors import Conflict, ModelkeepError, RegistryUnavailable
from modelkeep.local_path import real_path
from modelkeep.reads.authority import observation
from modelkeep.store.access import sharing
from modelkeep.store.access.mounts import check_locks
from modelkeep.store.access.permissions import check_readable
from modelkeep.store.access.sharing import Sharing
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.bucket.directory_places import opened
from modelkeep.store.bucket.owner_note import registry_around
from modelkeep.store.content.sweep_mark import write_mark
from modelkeep.store.db import ledger
from modelkeep.store.db.ledger import IntentDraft
from modelkeep.store.db.sqlite import database as sqlite
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.errors import begun_backup, bring_back
from modelkeep.store.db.state import SqlState
from modelkeep.store.durable import create_file, make_directories, sync_directory
from modelkeep.store.named_paths import open_directory
from modelkeep.store.ownership import claim, is_unclaimed

_IGNORE = ".gitignore"
_OURS = frozenset({sqlite.DATABASE, f"{sqlite.DATABASE}-journal", sqlite.LOCK, sqlite.STORE, _IGNORE})


def create(
    context: Context, stages: Sequence[str] | None = None, store: str | None = None, shared: Sharing | None = None
) -> bool:
    """Make a registry in the context's directory; return False where there is one with the same stages already.

    A registry that exists is shared as ``shared`` says. Raises ``Conflict`` for other stages than the existing ones and
    for a directory that holds other things, ``RegistryUnavailable`` where the directory cannot be made or shared.
    """
    directory, place, say = context.directory, context.database, context.say
    if os.path.exists(os.path.join(directory, sqlite.DATABASE)) and _is_finished(directory):
        _check_as_wanted(directory, stages, store)
        _share(directory, shared, say)
        return False
    check_readable(directory, os.path.join(directory, sqlite.DATABASE))
    place.check_mount()
    if store is not None:
        check_locks(os.path.abspath(store), say)
    declared = declare_stages(stages or ("staging", "production"))
    now = context.now()
    draft = IntentDraft(Intent(registry=context.new_id(), id=context.new_id(), command=Init(declared), time=now))
    try:
        made = _make(place, store, shared, draft, observation(context), now)
    except OSError as error:
        message = f"no registry can be made at {directory}: {(error.strerror or str(error)).lower()}"
        raise RegistryUnavailable(message, "modelkeep init DIR        (where this account may make one)") from error
    if not made:  # another process made it meanwhile, maybe with other stages
        _check_as_wanted(directory, stages, store)
    _share(directory, shared, ignore_note if made else say)
    return made


def _share(directory: str, shared: Sharing | None, say: Callable[[str], None]) -> None:
    """Share a registry that exists with a group, and say with whom."""
    if shared is None:
        return
    place = Database(directory)
    store = os.path.join(directory, sqlite.STORE)
    try:
        with suppress(FileExistsError):  # a copy of a registry may lack it
            create_file(place.lock_path, 0o660)
        with open_directory(directory) as top, opened(store) as held:
            count = sharing.share_registry(directory, top.descriptor, store, held.descriptor, place.lock_path, shared)
    except OSError as error:
        message = f"{error.filename or directory} cannot be shared: {error.strerror or error}"
        raise RegistryUnavailable(message, "nothing was lost: the same command goes on from here") from error
    with_whom = shared.writers.name + (f", to be read by {shared.readers.name}" if shared.readers else "")
    if count:
        say(f"shared with {with_whom}: access was set at {count} {'place' if count == 1 else 'places'}")
    else:
        say(f"nothing to do: it is shared with {with_whom} already")


def _is_finished(directory: str) -> bool:
    """Tell whether the first entry was written: a killed `init` leaves an empty database."""
    found = Database(directory)
    try:
        return not found.is_empty()
    except ModelkeepError:
        return True


def _check_as_wanted(directory: str, wanted: Sequence[str] | None, store: str | None) -> None:
    """Refuse other stages or another store than those of the existing registry."""
    if store is not None and real_path(os.path.join(directory, sqlite.STORE)) != real_path(store):
        raise _other_store(directory, store)
    if store is not None and is_unclaimed(directory):
        if (inside := registry_around(store)) is not None:
            message = f"the store {store} is that of another registry, {inside}"
            raise Conflict(message, "the store is given once, when a registry is made")
        with Database(directory).reading() as reader:
            claim(directory, SqlState(reader).registry_id() or "")
    if wanted is None:
        return
    with Database(directory).reading() as reader:
        there = [stage.name for stage in SqlState(reader).stages()]
    if there != list(wanted):
        message = f"the registry {directory} has the stages {','.join(there)}, not {','.join(wanted)}"
        raise Conflict(message, "stages are given once, when a registry is made")


def _other_store(directory: str, store: str) -> Conflict:
    there = real_path(os.path.join(directory, sqlite.STORE))
    message = f"the registry {directory} keeps its bytes in {there}, not in {store}"
    return Conflict(message, "the store is given once, when a registry is made")


def _make(
    place: Database, store: str | None, shared: Sharing | None, draft: IntentDraft, seen: Observed, now: str
) -> bool:
    directory = place.directory
    if store is not None:
        store = os.path.abspath(store)
        _check_store(store, os.path.join(directory, sqlite.STORE))
    is_new = not os.path.isdir(directory)
    make_directories(directory, sharing.PRIVATE)
    if (begun := begun_backup(directory)) is not None:
        raise Conflict(*begun)
    others = sorted(set(os.listdir(directory)) - _OURS)
    if others:
        message = f"{directory} holds other things: {', '.join(others[:3])}"
        raise Conflict(message, f"modelkeep init {quote(os.path.join(directory, '.modelkeep'))}")
    _check_not_emptied(directory)
    try:
        with open_directory(directory) as top:
            sharing.share_directory(directory, top.descriptor, shared)
    except ModelkeepError:
        if is_new:
            os.rmdir(directory)
        raise
    if os.path.basename(directory) == ".modelkeep" and not os.path.lexists(os.path.join(directory, _IGNORE)):
        create_file(os.path.join(directory, _IGNORE), 0o666, b"*\n")
    root = os.path.join(directory, sqlite.STORE)
    if store is None or (os.path.isdir(root) and not os.path.islink(root)):
        create_store(root)
    else:
        with suppress(FileExistsError):
            os.mkdir(store, sharing.PRIVATE)
        with open_directory(store) as bucket:
            sharing.share_directory(store, bucket.descriptor, shared)
        with suppress(FileExistsError):
            os.symlink(store, root, target_is_directory=True)  # first: see `_check_store`
        root = real_path(store)
        create_store(root, elsewhere=True)
    write_mark(DirectoryBucket(root))
    with place.creating() as writer:
        if writer is None:
            return False
        ledger.append(writer, draft, seen, now)
    sync_directory(directory)
    sync_directory(os.path.dirname(os.path.abspath(directory)))
    if store is not None:
        claim(directory, draft.intent.registry)
    return True


def _check_not_emptied(directory: str) -> None:
    """Refuse to begin a new log where a lost one left stored bytes: to the new log they would be garbage.

    Where bytes are stored, there was a finished database before.
    """
    blobs = os.path.join(directory, sqlite.STORE, "blobs", "sha256")
    path = os.path.join(directory, sqlite.DATABASE)
    if os.path.isdir(blobs) and os.listdir(blobs) and not (os.path.exists(path) and _is_finished(directory)):
        message = f"{directory} holds the bytes of a registry whose {sqlite.DATABASE} is missing or empty"
        raise Conflict(message, bring_back(directory))


def _check_store(store: str, link: str) -> None:
    """Refuse a store whose parent is missing (a disk that is not mounted?) or which holds other things.

    Two registries must not share a store, not even an empty one: what one of them does not reference is garbage to
    it. A store that a killed `init` began is recognised by its ``link``, which is made first.
    """
    if os.path.islink(link) and real_path(link) != real_path(store):
        raise _other_store(os.path.dirname(link), store)
    above = os.path.dirname(store)
    if not os.path.isdir(above):
        message = f"there is no directory {above} to make a store in"
        raise RegistryUnavailable(message, f"is its disk mounted? else: mkdir -p {above}")
    if not os.path.isdir(store):
        return
    blobs = os.path.join(store, "blobs", "sha256")
    ours = {"blobs", "tmp", "gc-mark"} if real_path(link) == real_path(store) else set()
    held = set(os.listdir(store)) - ours or (os.path.isdir(blobs) and os.listdir(blobs))
    if held:
        message = f"{store} holds other things: {', '.join(sorted(held)[:3])}"
        raise Conflict(message, f"--store {os.path.join(store, 'modelkeep')}")
