"""A registry on disk that things happen to through the public door, with a clock and chance that count up.

``World(tmp_path)`` makes it; ``world.registry`` is the `Registry`, ``world.model(b"…")`` a file to register,
``world.verify()`` the verification, ``world.edit(…)`` somebody with sqlite3 and no manners.
"""

import atexit
import hashlib
import io
import itertools
import json
import os
import shutil
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from modelkeep.changes import create_registry
from modelkeep.context import Context
from modelkeep.domain.entry import hash_entry
from modelkeep.locate import Located
from modelkeep.maintenance import verify as checking
from modelkeep.provenance.machine import Account
from modelkeep.registry import Registry
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.hashing import Content
from modelkeep.store.content.writer import ContentWriter
from modelkeep.store.db.sqlite.database import Database

BEGINNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
# The registries that this process has created: a copy of each, its time, and how many ids it used.
_CREATED = {}


def store_bytes(bucket: Bucket, data: bytes) -> Content:
    """Store bytes that no version has."""
    with ContentWriter(bucket) as writer:
        content = writer.add_stream(io.BytesIO(data))
        writer.commit()
    return content


class World:
    """One registry, one account, one clock that moves a second whenever it is looked at."""

    def __init__(self, root, *, stages=None, user="ana", create=True):
        self.root = Path(root)
        self.home = self.root / "registry"
        self.work = self.root / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        self.moment = BEGINNING
        self.count = itertools.count(1)
        self.said = []
        self.context = Context(
            directory=str(self.home),
            database=Database(str(self.home)),
            bucket=DirectoryBucket(str(self.home / "store")),
            clock=self.clock,
            new_id=lambda: f"{next(self.count):032x}",
            account=Account(1000, user, user_namespace=False),
            claim=lambda: None,
            environ={},
            cwd=str(self.work),
            cache_dir=str(self.root / "cache"),
            state_dir=str(self.root / "state"),
            client="modelkeep/0",
            say=self.said.append,
        )
        if create:
            self._create(stages)
        self.registry = Registry(self.context, Located(str(self.home), "flag"))

    def _create(self, stages):
        """Create the registry; where this process has created one like it, a copy of that one is the same to the byte."""
        umask = os.umask(0)
        os.umask(umask)
        alike = str(stages), self.context.account.user, os.getuid(), os.getgid(), umask
        if alike in _CREATED and not self.home.exists():
            copy, self.moment, used = _CREATED[alike]
            shutil.copytree(copy, self.home)
            self.count = itertools.count(used + 1)
            return
        create_registry.create(self.context, stages)
        copy = Path(tempfile.mkdtemp(prefix="modelkeep-world-"), "registry")
        atexit.register(shutil.rmtree, copy.parent, ignore_errors=True)
        shutil.copytree(self.home, copy)
        used = next(self.count) - 1
        self.count = itertools.count(used + 1)
        _CREATED[alike] = copy, self.moment, used

    def clock(self):
        self.moment += timedelta(seconds=1)
        return self.moment

    def pass_time(self, **how):
        """Let minutes or days go by."""
        self.moment += timedelta(**how)

    def model(self, content=None, name="model.onnx"):
        """Return the path of a new file; without content, one that is like no other."""
        path = self.work / name
        path.write_bytes(f"model {next(self.count)}".encode() if content is None else content)
        os.utime(path, (self.moment.timestamp(), self.moment.timestamp()))
        return name if Path.cwd() == self.work else str(path)

    def register(self, name="fraud", content=None, *, inspect=False, **more):
        """Register such a file; its bytes are of no format, so they are not inspected unless that is asked for."""
        return self.registry.register(name, self.model(content), code="none", inspect=inspect, **more)

    def verify(self, *refs, log=True, bytes_=True, quick=False, accept_head=False, progress=None, **more):
        """Check it; ``more`` are ``subset``, ``repair`` and ``dry_run``."""
        return checking.verify(
            self.context,
            refs,
            log=log,
            bytes_=bytes_,
            quick=quick,
            accept_head=accept_head,
            progress=progress,
            **more,
        )

    def blob(self, content):
        """Return the path in the store of some bytes."""
        hexadecimal = hashlib.sha256(content).hexdigest()
        return self.home / "store" / "blobs" / "sha256" / hexadecimal[:2] / hexadecimal

    def damage(self, content, how=b"damaged"):
        """Put other bytes in the place of stored ones; None takes the file away."""
        path = self.blob(content)
        path.unlink()
        if how is not None:
            path.write_bytes(how)
            path.chmod(0o444)
        return path

    def findings(self, **how):
        """Return severity, code, place and message of what a verification finds, a line each."""
        return [f"{each.severity} {each.code} {each.place}: {each.message}" for each in self.verify(**how).findings]

    @property
    def database(self):
        return self.home / "registry.db"

    def rows(self, statement, *values):
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def edit(self, *statements):
        """Change the database behind everybody's back: triggers are put out of the way and back again."""
        connection = sqlite3.connect(self.database, isolation_level=None)
        try:
            for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON", "synchronous = OFF"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN")
            triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                text, *values = (statement,) if isinstance(statement, str) else statement
                connection.execute(text, values)
            for _, sql in triggers:
                connection.execute(sql)
            connection.execute("COMMIT")
        finally:
            connection.close()

    def entries(self):
        """Return the bytes of every entry, in order."""
        return [data for (data,) in self.rows("SELECT bytes FROM entry ORDER BY seq")]

    def write_log(self, entries):
        """Put other entries in place of the log; numbers are their places."""
        inserts = [("INSERT INTO entry VALUES (?, ?)", seq, data) for seq, data in enumerate(entries, start=1)]
        self.edit("DELETE FROM entry", *inserts)

    def copy(self, root):
        """Return another world with a copy of this one's registry, work and memory."""
        shutil.copytree(self.root, root, symlinks=True, dirs_exist_ok=True)
        other = World(root, create=False)
        other.moment = self.moment
        other.count = itertools.count(next(self.count) + 1000)
        return other

    def at(self, directory, state=None):
        """Return this account with its registry in another directory; with ``state``, on another machine."""
        other = World(self.root, create=False)
        other.home, other.moment, other.count, other.said = Path(directory), self.moment, self.count, []
        other.context = replace(
            other.context,
            directory=str(directory),
            database=Database(str(directory)),
            bucket=DirectoryBucket(f"{directory}/store"),
            state_dir=str(state or self.context.state_dir),
            clock=other.clock,
            say=other.said.append,
            new_id=self.context.new_id,
        )
        other.registry = Registry(other.context, Located(str(directory), "flag"))
        return other

    def forget(self):
        """Take away what this account remembers of the log's head."""
        shutil.rmtree(self.root / "state", ignore_errors=True)


def changed(data, change):
    """Return an entry's bytes after its JSON went through a function."""
    from modelkeep.domain.record import encode_canonical as encode

    value = json.loads(data)
    return encode(change(value) or value)


def rechained(entries, first=0):
    """Return entries whose ``prev`` fit again, as a forger would write them."""
    from modelkeep.domain.record import encode_canonical as encode

    found = []
    for number, data in enumerate(entries):
        value = json.loads(data)
        if number > first:
            value["prev"] = hash_entry(found[-1])
        found.append(encode(value) if number > first else data)
    return found


def tell_story(world):
    """Let everything happen that the first release could: what the fixture holds, and tests count the entries of."""
    r = world.registry
    data, run = "s3://lake/transactions@2026-02", "https://mlflow.example/#/experiments/1/runs/77"
    world.register(
        metrics={"auc": "0.907"},
        params={"depth": "8"},
        tags={"owner": "risk"},
        label="1.0",
        data=[f"train={data}"],
        runs=[run],
        message="first good one",
        description="the first",
    )
    r.promote("fraud@1", "staging")
    r.promote("fraud@1", "production", message="go")
    world.register(
        metrics={"auc": "0.911"},
        stage="production",
        alias=["champion"],
        label="1.1",
        parents=["fraud@1"],
        on="holdout@3",
    )
    r.evaluate("fraud@2", {"auc": "0.93"}, on="holdout@4", runs=["wandb:acme/fraud/abc"])
    r.tag("fraud@2", {"owner": "core", "pii": "no"})
    r.tag("fraud@2", {"pii": "yes"}, remove=["owner"])
    r.describe("fraud", "finds fraud")
    r.describe("fraud", "finds more fraud")
    r.note("fraud@2", "looks odd on Mondays")
    r.rollback("fraud@2", message="false positives")
    r.mark("fraud@2", "good")
    world.register(content=b"third")
    r.alias("fraud@3", add=["champion", "canary"])
    r.alias("fraud@3", remove=["canary"])
    r.promote("fraud@3", "staging")
    r.archive("fraud@3")
    r.archive("fraud@3", undo=True)
    r.archive("fraud@2")
    r.retire("fraud", "production")
    r.rename("fraud", "risk/Fraud")
    world.register("churn", content=b"third")
    r.promote("churn@1", "production")
    return world


def tell_all(world):
    """Let everything happen that can: at least one entry of every kind, a row in every table."""
    tell_story(world)
    world.register("churn", content=b"a trial", stage="staging", alias=["trial"])
    world.registry.delete("churn@2", message="only a trial")
    from governing import govern

    world.register("churn", content=b"governed", label="3.0")
    govern(world, "churn", 3)
    world.registry.supplement("churn@3", licence="MIT")
    world.registry.add_dataset("raw@1", "s3://lake/raw/1", rows=120_000)
    world.registry.add_dataset("clean@1", "s3://lake/clean/1", parents=["raw@1"])
    return world


def entries(world):
    """Return how many entries the log has."""
    return world.rows("SELECT count(*) FROM entry")[0][0]


def let_an_index_lie(world):
    """Make an index anew as one of other rows than its definition says."""
    connection = sqlite3.connect(world.database, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    ((sql,),) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'alias_now'").fetchall()
    connection.execute("UPDATE sqlite_schema SET sql = replace(sql, 'IS NULL', 'IS NOT NULL') WHERE name = 'alias_now'")
    connection.close()
    connection = sqlite3.connect(world.database, isolation_level=None)
    connection.execute("REINDEX alias_now")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'alias_now'", (sql,))
    connection.close()


def every(path):
    """Return every file below a directory with its bytes."""
    found = {}
    for root, _, files in os.walk(path):
        for name in files:
            full = Path(root, name)
            found[str(full.relative_to(path))] = full.read_bytes()
    return found
