"""What the tests of changes share: a change in words, a refusal in words, somebody who is quicker."""

import sqlite3
from contextlib import closing, contextmanager

import msgspec.structs
import pytest

from modelkeep.errors import ModelkeepError
from modelkeep.locate import Located
from modelkeep.registry import Registry
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.found_database import FoundDatabase


def effects(change):
    """Return what changed, a line each: ``production: fraud@1 -> fraud@2``."""
    return [f"{each.what}: {each.before} -> {each.after}" for each in change.effects]


def notes(change):
    """Return what was told beside; the clocks of these tests are not the file system's, which is told too."""
    return [note for note in change.notes if "clock is" not in note]


def refused(do, *given, **more):
    """Do what must be refused; return the error's kind, message and hint."""
    with pytest.raises(ModelkeepError) as caught:
        do(*given, **more)
    return type(caught.value).__name__, caught.value.message, caught.value.hint


def holders(registry, name="fraud"):
    """Return who holds which stage, highest first: ``production 3``."""
    return [f"{each.stage} {each.version}" for each in registry.model(name).holders]


def states(registry, name="fraud"):
    """Return number and state of each version, newest first, archived ones too: ``2 active``."""
    return [f"{each.version} {each.state}" for each in registry.versions(name, all=True)]


class _Overtaken(FoundDatabase):
    """A database whose write lock somebody else had first."""

    happens = None

    @contextmanager
    def locked(self, opened=None):
        if self.happens is not None:
            happens, self.happens = self.happens, None
            happens()
        with super().locked(opened) as connection:
            yield connection


def overtaken(world, happens):
    """Return the registry as one sees it who looked at it, and before whose write ``happens`` was done."""
    there = world.home.stat()
    database = _Overtaken(str(world.home), (there.st_dev, there.st_ino), lock_wait=30.0, say=None)
    database.happens = happens
    return Registry(msgspec.structs.replace(world.context, database=database), Located(str(world.home), "flag"))


class _LockedAfterCommit(Database):
    """A database that another program locks as soon as a change is committed."""

    def __init__(self, directory, program):
        super().__init__(directory, lock_wait=0.1)
        self.program = program

    @contextmanager
    def locked(self, opened=None):
        with super().locked(opened) as connection:
            yield connection
        self.program.execute("BEGIN EXCLUSIVE")


@contextmanager
def locked_after_commit(world):
    """Yield a registry that cannot be read any more once its first change is committed."""
    path = world.home / "registry.db"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as program:
        database = _LockedAfterCommit(str(world.home), program)
        yield Registry(msgspec.structs.replace(world.context, database=database), Located(str(world.home), "flag"))
