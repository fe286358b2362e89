"""Making a registry: a directory, a database with its first entry, a store."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from modelkeep.domain.chain import Observed
from modelkeep.domain.intents import NOBODY, Init, Intent
from modelkeep.domain.stages import declare_stages
from modelkeep.errors import Conflict, ModelkeepError, RegistryUnavailable
from modelkeep.store import database, ledger
from modelkeep.store.blobs import create_store
from modelkeep.store.database import Database
from modelkeep.store.durable import sync_directory
from modelkeep.store.ledger import Draft
from modelkeep.store.sql_state import SqlState

_IGNORE = ".gitignore"
_OURS = frozenset({database.DATABASE, f"{database.DATABASE}-journal", database.LOCK, database.STORE, _IGNORE})


def create(
    directory: str,
    stages: Sequence[str] | None,
    store: str | None,
    *,
    observed: Observed,
    now: str,
    chance: Callable[[], str],
) -> bool:
    """Make a registry; return False where there is one with the same stages already.

    Raises ``Conflict`` for other stages than those that are there and for a directory that holds
    other things, ``RegistryUnavailable`` where the directory cannot be made.
    """
    if os.path.exists(os.path.join(directory, database.DATABASE)) and _is_finished(directory):
        if stages is not None:
            _check_stages(directory, stages)
        return False
    declared = declare_stages(stages or ("staging", "production"))
    intent = Intent(
        registry=chance(),
        id=chance(),
        arguments=Init(declared),
        subject=None,
        expect=None,
        details=None,
        seen=None,
        not_after=None,
        actor=NOBODY,
        origin=None,
        time=now,
    )
    try:
        made = _make(directory, store, Draft(intent), observed, now)
    except OSError as error:
        message = f"no registry can be made at {directory}: {error.strerror or error}"
        raise RegistryUnavailable(message) from error
    if not made and stages is not None:  # somebody else was quicker, maybe with others
        _check_stages(directory, stages)
    return made


def _is_finished(directory: str) -> bool:
    """Tell whether the first entry was written: a killed `init` leaves an empty database."""
    found = Database(directory)
    try:
        with found.raw() as connection:
            tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    except ModelkeepError:
        return True
    return bool(tables)


def _check_stages(directory: str, wanted: Sequence[str]) -> None:
    with Database(directory).reading() as connection:
        there = [stage.name for stage in SqlState(connection).stages()]
    if there != list(wanted):
        message = f"the registry {directory} has the stages {','.join(there)}, not {','.join(wanted)}"
        raise Conflict(message, "stages are given once, when a registry is made")


def _make(directory: str, store: str | None, draft: Draft, observed: Observed, now: str) -> bool:
    os.makedirs(directory, mode=0o700, exist_ok=True)
    others = sorted(set(os.listdir(directory)) - _OURS)
    if others:
        message = f"{directory} holds other things: {', '.join(others[:3])}"
        raise Conflict(message, f"modelkeep init {os.path.join(directory, '.modelkeep')}")
    if os.path.basename(directory) == ".modelkeep" and not os.path.exists(os.path.join(directory, _IGNORE)):
        with open(os.path.join(directory, _IGNORE), "w", encoding="utf-8") as file:
            file.write("*\n")
    root = os.path.join(directory, database.STORE)
    if store is not None and not os.path.lexists(root):
        create_store(os.path.abspath(store))
        os.symlink(os.path.abspath(store), root, target_is_directory=True)
    else:
        create_store(root)
    with Database(directory).creating() as connection:
        if connection is None:
            return False
        ledger.append(connection, draft, lambda _state: observed, now)
    sync_directory(directory)
    sync_directory(os.path.dirname(os.path.abspath(directory)))
    return True
