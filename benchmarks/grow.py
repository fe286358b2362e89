"""Registries of many versions, made through the log like any other: the same decisions, the same rows.

Ten thousand entries share a transaction, with its lock and its sync. The versions share a hundred blobs,
but no digest, for each has a file name of its own: otherwise the disk would be measured.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from modelkeep.changes import create_registry
from modelkeep.changes.runner import observation
from modelkeep.domain import details
from modelkeep.domain.entry import Intent, Seen, Subject
from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.domain.times import format_time
from modelkeep.domain.verbs.alias import Alias
from modelkeep.domain.verbs.all_verbs import AnyCommand
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.promote import Promote
from modelkeep.domain.verbs.register import Code, Register
from modelkeep.registry import Registry, open_registry
from modelkeep.store.db import ledger
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.state import SqlState

MODEL = "fraud"
OTHERS = 500
BLOBS = 100
BATCH = 10_000
#: SQLite's cache: a transaction of so many entries changes pages all over the indexes.
CACHE_MIB = 1024
#: Raised when the contents change, so that an older registry is not used.
RECIPE = "5"


def registry_of(versions: int, directory: str) -> Registry:
    """Return a registry of so many versions, half of them in one model; made once and kept."""
    root = os.path.join(directory, f"registry-{versions}-{RECIPE}-schema-{schema.VERSION}")
    if not os.path.exists(os.path.join(root, "grown")):
        shutil.rmtree(root, ignore_errors=True)
        started = time.monotonic()
        entries = Grower(os.path.join(root, "registry"), versions).grow(versions)
        with open(os.path.join(root, "grown"), "w", encoding="ascii") as file:
            file.write(f"{entries} entries in {time.monotonic() - started:.0f} s\n")
    return open_registry(os.path.join(root, "registry"))


class Grower:
    """Writes entries as `register`, `promote` and `alias` do, one every 45 seconds of the past."""

    def __init__(self, directory: str, versions: int) -> None:
        self.context = open_registry(directory, must_exist=False)._context
        self.clock = datetime.now(UTC) - timedelta(minutes=versions + 60)
        self.models: dict[str, int] = {}
        create_registry.create(replace(self.context, clock=lambda: self.clock))
        self.blobs = [self._blob(n) for n in range(BLOBS)]

    def grow(self, versions: int) -> int:
        """Register so many versions and give each model a production, a staging and a champion."""
        story = self._story(versions)
        entries = 1
        with self.context.database.reading() as connection:
            head = SqlState(connection).head()
            registry = SqlState(connection).registry_id()
        seen, rest = Seen(head.hash, head.seq), True
        while rest:
            with self.context.database.writing() as connection:
                connection.run(f"PRAGMA cache_size = -{CACHE_MIB * 1024}")
                rest = False
                for count, (arguments, subject, fields, documents) in enumerate(story, start=1):
                    self.clock += timedelta(seconds=45)
                    now = format_time(self.clock)
                    noted = details.write(fields, iter(self.context.new_id, None)) if fields else None
                    intent = Intent(
                        registry=registry,
                        id=self.context.new_id(),
                        command=arguments,
                        subject=self._found(subject),
                        details=None if noted is None else noted.digest,
                        seen=seen,
                        time=now,
                    )
                    draft = ledger.IntentDraft(intent, noted, documents)
                    entry = ledger.append(connection, draft, observation(self.context, ()), now).entry
                    self.models.setdefault(subject.name, entry.seq)
                    entries += 1
                    if count == BATCH:
                        rest = True
                        break
                head = SqlState(connection).head()
                seen = Seen(head.hash, head.seq)
        return entries

    def _found(self, subject: Subject) -> Subject:
        model = self.models.get(subject.name)
        return Subject(
            digest=subject.digest, model=model, name=subject.name, stage=subject.stage, version=subject.version
        )

    def _story(self, versions: int) -> Iterator[tuple[AnyCommand, Subject, list[tuple[str, str]], dict[str, bytes]]]:
        """Yield half of the versions in one model and half in many, in turns."""
        names = [f"team{n % 25}/model-{n}" for n in range(min(OTHERS, max(1, versions // 20)))]
        numbers = dict.fromkeys([MODEL, *names], 0)
        for n in range(versions):
            name = MODEL if n % 2 == 0 else names[n // 2 % len(names)]
            numbers[name] += 1
            number = numbers[name]
            manifest = self._manifest(n)
            yield self._register(n, name, manifest)
            every = versions // 20 if name == MODEL else max(2, versions // len(names) // 4)
            if number % max(every, 1) == 1:
                for stage in ("staging", "production"):
                    arguments = Promote(break_glass=False, force=False, request=None, share=None)
                    reason = [("reason", f"round {number}")]
                    yield arguments, Subject(digest=manifest.digest, name=name, stage=stage, version=number), reason, {}
                yield Alias(("champion",), ()), Subject(digest=manifest.digest, name=name, version=number), [], {}

    def _register(self, n: int, name: str, manifest: Manifest):
        data = (Data(name="transactions", role="train", version=f"2026-{n % 12 + 1:02}"),)
        arguments = Register(
            code=Code(commit=hashlib.sha1(str(n // 10).encode()).hexdigest(), state="clean"),
            data=data,
            form="file",
            if_exists="match",
            metrics=(("auc", f"0.{9000 + n % 999}"), ("loss", f"0.{1000 + n % 777}")),
        )
        fields = [
            ("param.max_depth", str(n % 16)),
            ("param.rate", "0.1"),
            ("tag.owner", "risk"),
            ("tag.ticket", f"T-{n}"),
        ]
        fields += [("host", "trainer-3")]
        return (
            arguments,
            Subject(digest=manifest.digest, name=name),
            fields,
            {manifest.digest: manifest.to_bytes()},
        )

    def _blob(self, n: int) -> ManifestFile:
        """Put a small file into the store and return its line of a manifest."""
        from modelkeep.store.ingest.artifact import ingest
        from modelkeep.store.ingest.selection import Selection

        path = os.path.join(self.context.directory, "..", "model.onnx")
        with open(path, "w", encoding="ascii") as written:
            written.write(f"weights {n}\n" * 100)
        (file,) = ingest(self.context.bucket, [path], Selection()).manifest.files
        return file

    def _manifest(self, n: int) -> Manifest:
        blob = self.blobs[n % BLOBS]
        return Manifest((ManifestFile(blob.digest, f"model-{n:06}.onnx", blob.size),))
