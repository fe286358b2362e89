"""The registry: one method per use case. This is the Python API, and all that the command line calls.

`open_registry` is the only wiring: it finds the registry and gives the use cases their clock, their random ids, their
database and their store. Methods take and return plain values that would survive a pipe. They print nothing and keep
no connection between two calls, so a `Registry` may be used from any thread and after a fork.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from shlex import quote
from typing import TYPE_CHECKING, BinaryIO

from modelkeep._version import __version__
from modelkeep.datasets import DatasetRecords
from modelkeep.governance import Governance
from modelkeep.knowledge import Knowledge
from modelkeep.local_path import local_directory, local_path
from modelkeep.oversight import Oversight
from modelkeep.provenance.api_calls import as_function, checked, checked_class
from modelkeep.serving import Serving

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import timedelta

    from sqlmodel import Session

    from modelkeep.api_types import (
        Dataset,
        Datasets,
        Label,
        Moment,
        Path,
        Paths,
        Progress,
        Ref,
        Refs,
        Say,
        Selector,
        Share,
        Signature,
        Tags,
        Texts,
        Values,
    )
    from modelkeep.config import Settings
    from modelkeep.context import Context
    from modelkeep.domain.answers.changes import Change, Fetched, Registered, RolledBack
    from modelkeep.domain.answers.found import Found
    from modelkeep.domain.answers.maintenance import Access, BackedUp, Cleaned, Diagnosis, Migration, Verification
    from modelkeep.domain.answers.pages import Model, Version
    from modelkeep.domain.answers.reports import AuditEntry, Diff, Identified, Identity, Lineage, Status
    from modelkeep.domain.answers.trends import Trend
    from modelkeep.domain.answers.versions import AsOf, ModelRow, Tenure, VersionRow
    from modelkeep.domain.stages import StageDef
    from modelkeep.locate import Located
    from modelkeep.provenance.captured_environment import Captured


@checked_class
class Registry(DatasetRecords, Governance, Oversight, Serving, Knowledge):
    """A model registry: one SQLite file and one directory.

    Made by `open_registry` or `create_registry`. A *ref* is ``NAME@SELECTOR`` as on the command line: ``fraud@3``,
    ``fraud@1.2``, ``fraud@production``, ``fraud@champion``, ``fraud@latest``, ``sha256:0c416566``.

    Every method that changes something takes ``message`` (the reason), ``dry_run`` (the same decision and answer,
    nothing written) and, where one thing changes, ``expect`` (the version that must hold the stage or alias: a number,
    a label, a digest or ``none``). It raises `Conflict`, `NotFound`, `UsageError`, `Busy` or `RegistryUnavailable`, and
    answers ``changed=False`` where nothing had to change. While another process writes, it waits its turn, at most as
    long as the ``lock_wait`` setting. To wait in the main thread it uses ``SIGALRM`` and the real-time interval timer,
    unless the program uses them.

    Arguments take what Python people hold: text may be a number, a ``Path``, a ``datetime``, an enum or a scalar of
    numpy, pandas, TensorFlow or PyTorch; None is the same as leaving an argument out. A value that is not understood is
    a `UsageError` that says what it got, and so is an unknown keyword, with the right one as its hint.

    A `Registry` can be pickled: the copy opens the same directory with the same settings, and has no ``say``.

    Every method with ``as_of`` answers for a past moment: a time, a date, an age (``7d``), ``seq:N``, or what `as_of`
    returned, so that several answers are about the same moment.
    """

    def __init__(self, context: Context, located: Located, settings: Settings | None = None) -> None:
        self._context = context
        self._located = located
        self._settings = settings

    def __repr__(self) -> str:
        return f"Registry({self.directory!r})"

    def __reduce__(self) -> tuple[Callable[..., Registry], tuple[str, Located, Settings | None]]:
        """Survive a pipe between processes: what is sent is where the registry is, not what this process has open."""
        return _reopen, (self.directory, self._located, self._settings)

    @property
    def directory(self) -> str:
        """The directory of the registry."""
        return self._context.directory

    @property
    def origin(self) -> str:
        """How the registry was found: flag, environment, directory, file, config, default."""
        return self._located.origin

    # Changes

    def register(  # noqa: PLR0913  all that explains a version
        self,
        name: str,
        *paths: Paths,
        stage: str | None = None,
        alias: Texts = (),
        label: Label | None = None,
        bump: str | None = None,
        params: Values = (),
        metrics: Values = (),
        on: Dataset | None = None,
        tags: Values = (),
        data: Datasets = (),
        features: Texts = (),
        parents: Refs = (),
        derived_by: str | None = None,
        runs: Texts = (),
        code: str = "auto",
        author: str | None = None,
        trained_at: Moment | None = None,
        training_started: Moment | None = None,
        seeds: Texts = (),
        env: Path = "auto",
        attach: Paths = (),
        description: str | None = None,
        licence: str | None = None,
        signature: Signature | None = None,
        inspect: bool = True,
        if_exists: str = "match",
        reuse_name: bool = False,
        filename: str | None = None,
        exclude: Texts = (),
        include: Texts = (),
        follow_symlinks: bool = False,
        move: bool = False,
        stdin: BinaryIO | None = None,
        progress: Progress | None = None,
        expect: Selector | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Registered:
        """Register the next version of a model: its bytes, and all that explains them.

        ``paths`` are a file, a directory (its contents) or several of both; ``-`` is ``stdin``. When this returns, the
        bytes and the entry are durable. ``data`` and ``on`` take a path (hashed), a URI, ``NAME@VERSION`` or a name; ``code``
        is ``auto`` (that of the git work tree that holds the artifact, else the script), ``none`` or a git revision,
        with ``HEAD`` for that of the current directory; ``features`` are views of a feature store, ``STORE/VIEW@VERSION``, whose definition is recorded where Feast's registry is at hand;
        ``derived_by`` is how the version came from its ``parents`` (``fine-tune``, ``quantize``, any word); ``if_exists`` says what to do with bytes that are registered
        already: ``match``, ``skip`` or ``new``. The same bytes with the same arguments are a success that changes nothing.
        ``licence`` is an SPDX expression: ``Apache-2.0``. ``signature`` is a file or an object with ``inputs``, ``outputs``
        and ``params``, by default that of the format. What is in the files is inspected and recorded, and what is dangerous in
        them a warning, unless ``inspect`` is False. ``reuse_name`` begins a new model under the name of a deleted one. ``move`` removes the files once they are
        registered. ``progress`` is called with bytes.

        ``env`` is ``auto`` (the packages that this process can import), ``none``, or a file that names packages: a
        ``requirements.txt``, a lock file, an export of conda. ``attach`` are files of at most 1 MiB to keep beside the
        version, and ``"diff"``, the uncommitted changes of its code. ``seeds`` are those of the training, ``trained_at``
        and ``training_started`` when it ended and began. A CI system that runs this is recorded too.

        Arrays in ``params`` are kept whole, all values together up to 8 MiB of text; objects that are no plain values
        are described by their ``repr`` in one line of at most 1,000 characters. Raises `UsageError` for arguments that
        are malformed or not understood, `NotFound` for files, data, parents or a stage that are not there, `Conflict`
        where the label is taken, ``expect`` does not hold or the same bytes have other metadata, `Busy` where other
        writers were not done in time, `RegistryUnavailable` where nothing may be written.

        >>> made = registry.register("fraud", "model.onnx", metrics={"auc": 0.914}, params={"depth": 8})
        >>> made.ref, made.changed
        ('fraud@1', True)
        >>> registry.register("fraud", "model.onnx").changed
        False
        """
        from modelkeep.changes import register as registering
        from modelkeep.changes.register_request import Request
        from modelkeep.changes.signature import given_signature
        from modelkeep.provenance.licence import parse_licence
        from modelkeep.store.ingest.selection import Selection

        request = Request(
            name=name,
            paths=tuple(local_path(path, "PATH") for path in paths),
            stage=stage,
            aliases=alias,
            label=label,
            bump=bump,
            params=params,
            metrics=metrics,
            on=on,
            tags=tags,
            data=data,
            features=features,
            parents=parents,
            derived_by=derived_by,
            runs=runs,
            code=code,
            author=author,
            trained_at=trained_at,
            training_started=training_started,
            seeds=seeds,
            env=env,
            attach=attach,
            description=description,
            licence=None if licence is None else parse_licence(licence),
            signature=None if signature is None else given_signature(signature),
            inspect=inspect,
            if_exists=if_exists,
            reuse_name=reuse_name,
            move=move,
            selection=Selection(exclude, include, follow_symlinks, filename),
            expect=expect,
            message=message,
            dry_run=dry_run,
        )
        return registering.register(_held(self._context), request, stdin=stdin, progress=progress)

    def evaluate(
        self,
        ref: Ref,
        metrics: Values = (),
        *,
        on: Dataset | None = None,
        runs: Texts = (),
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Add metrics that came later, on named data; what was registered stays.

        >>> registry.evaluate("fraud@1", {"auc": 0.897}, on="transactions@2026-03").changed
        True
        """
        from modelkeep.changes import annotate

        resolve = annotate.evaluate(self._context, ref, metrics, on, runs)
        return self._change(resolve, message, dry_run)

    def promote(
        self,
        ref: Ref,
        stage: str,
        *,
        share: Share | None = None,
        force: bool = False,
        break_glass: bool = False,
        expect: Selector | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Make a version the holder of a stage; the one it displaces is superseded there.

        ``share`` is a percentage, as ``10`` or ``"0.5"``: the version stands beside the holder, which keeps the rest;
        `pick` says which of them serves a key. ``force`` promotes an archived version (and restores it) or a bad one (the mark stays). Where the policy refuses,
        `Denied` has every rule of the stage in ``findings``; ``break_glass`` waives those that do not hold, for who may,
        needs a reason, and opens an item that another person has to `acknowledge`.

        >>> change = registry.promote("fraud@1", "production", message="first good one")
        >>> str(change.effects[0].before), change.effects[0].after
        ('none', 'fraud@1')
        """
        from modelkeep.changes import stages as stage_changes

        return self._change(
            stage_changes.promote(ref, stage, expect, share=share, force=force, break_glass=break_glass),
            message,
            dry_run,
        )

    def rollback(
        self,
        ref: Ref,
        stage: str | None = None,
        *,
        to: Ref | None = None,
        keep_good: bool = False,
        confirmed: bool = False,
        expect: Selector | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> RolledBack:
        """Go back to the last version that was known to be good.

        A ref with a number, label or digest means *from that version*: if it does not hold the stage any more, nothing
        happens, which is what automation wants. A bare name means from the present holder; within 15 minutes of another
        rollback that needs ``confirmed``. ``stage`` is the last one by default. The version left is marked bad unless
        ``keep_good``. Of a version that has a share of the stage the share ends, and the holder stays.

        >>> registry.promote("fraud@2", "production").changed
        True
        >>> registry.rollback("fraud@2", message="p99 latency").to
        'fraud@1'
        >>> registry.rollback("fraud@2").changed
        False
        """
        from modelkeep.changes import rollback
        from modelkeep.changes.runner import run_change

        resolve = rollback.rollback(
            self._context, ref, stage, to=to, keep_good=keep_good, confirmed=confirmed, expect=expect
        )
        return rollback.rolled_back(run_change(self._context, resolve, message=message, dry_run=dry_run))

    def retire(
        self,
        ref: Ref,
        stage: str,
        *,
        expect: Selector | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Empty a stage, with the shares beside its holder; with a version, only if that version holds it.

        Of a version that has a share of the stage only the share ends.

        >>> registry.retire("fraud", "staging").why
        'fraud has nothing in staging'
        """
        from modelkeep.changes import stages as stage_changes

        return self._change(stage_changes.retire(ref, stage, expect), message, dry_run)

    def mark(self, ref: Ref, mark: str, *, message: str | None = None, dry_run: bool = False) -> Change:
        """Mark a version ``bad``, or ``good`` again.

        >>> registry.mark("fraud@2", "good").changed
        True
        """
        from modelkeep.changes import annotate

        return self._change(annotate.mark(ref, mark), message, dry_run)

    def archive(
        self,
        ref: Ref,
        *,
        undo: bool = False,
        all_versions: bool = False,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Archive a version, or with ``all_versions`` all of a model; ``undo`` restores them.

        >>> registry.archive("fraud@2").effects[0].after
        'archived'
        """
        from modelkeep.changes import archive as archiving

        resolve = archiving.archive(ref, undo=undo, all_versions=all_versions)
        return self._change(resolve, message, dry_run)

    def delete(
        self,
        ref: Ref,
        *,
        force: bool = False,
        all_versions: bool = False,
        plan: str | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Delete a version for good: its number and label stay taken, its bytes may go.

        Its stages are emptied and its aliases removed; versions that were made from it still name it. `Conflict` where
        it holds or ever held a protected stage, unless ``force``. ``all_versions`` deletes a model: all its versions in
        one step, its aliases and its names. ``plan`` is that of the answer of a dry run: `Conflict` where the versions,
        their states, stages or aliases are not what it showed.

        >>> registry.delete("fraud@2").effects[0].after
        'deleted'
        """
        from modelkeep.changes import archive as archiving

        resolve = archiving.delete(ref, force=force, all_versions=all_versions, plan=plan)
        return self._change(resolve, message, dry_run)

    def alias(
        self,
        ref: Ref,
        add: Texts = (),
        *,
        remove: Texts = (),
        expect: Selector | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Point aliases at a version, and remove others from the model.

        >>> registry.alias("fraud@1", "champion").effects[0].after
        'fraud@1'
        """
        from modelkeep.changes import annotate

        return self._change(annotate.alias(ref, add, remove, expect), message, dry_run)

    def tag(
        self,
        ref: Ref,
        tags: Values = (),
        *,
        remove: Texts = (),
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Set tags of a version or a model, and remove others.

        >>> registry.tag("fraud", {"owner": "risk"}).changed
        True
        """
        from modelkeep.changes import annotate

        return self._change(annotate.tag(ref, tags, remove), message, dry_run)

    def label(self, ref: Ref, label: Label, *, message: str | None = None, dry_run: bool = False) -> Change:
        """Give a version its label; a label is given once and never changed.

        >>> registry.label("fraud@1", "1.0", dry_run=True).effects[0].after
        '1.0'
        """
        from modelkeep.changes import annotate

        return self._change(annotate.label(ref, label), message, dry_run)

    def describe(self, ref: Ref, text: str, *, message: str | None = None, dry_run: bool = False) -> Change:
        """Set the description of a version or a model; an empty text removes it.

        >>> registry.describe("fraud", "scores card payments").changed
        True
        """
        from modelkeep.changes import annotate

        return self._change(annotate.describe(ref, text), message, dry_run)

    def note(self, ref: Ref, text: str, *, message: str | None = None, dry_run: bool = False) -> Change:
        """Add a note to a version or a model.

        >>> registry.note("fraud@1", "checked by hand on 500 cases").changed
        True
        """
        from modelkeep.changes import annotate

        return self._change(annotate.note(ref, text), message, dry_run)

    def rename(self, name: str, new: str, *, message: str | None = None, dry_run: bool = False) -> Change:
        """Give a model another name; the old one still means it, and no other model gets it.

        >>> registry.rename("churn", "churn-monthly", dry_run=True).effects[0].after
        'churn-monthly'
        """
        from modelkeep.changes import annotate

        return self._change(annotate.rename(name, new), message, dry_run)

    # Reads

    @property
    def id(self) -> str:
        """The registry's own identity: 128 bits in hex, from its first entry."""
        from modelkeep.reads import status

        return status.registry_id(self._context)

    def stages(self) -> tuple[StageDef, ...]:
        """Return the stages, lowest first.

        >>> [stage.name for stage in registry.stages()]
        ['staging', 'production']
        """
        from modelkeep.reads import status

        return status.stages(self._context)

    def resolve(self, ref: Ref, *, as_of: Moment | None = None) -> VersionRow:
        """Return the version that a ref means.

        >>> registry.resolve("fraud@production").ref
        'fraud@1'
        """
        from modelkeep.reads import lists

        return lists.resolve(self._context, ref, as_of)

    def version(self, ref: Ref, *, as_of: Moment | None = None) -> Version:
        """Return all that is known of a version.

        ``metrics`` are floats that keep the digits they were given in (``text``), by what each bare name means: the newest
        value without data, else the one on the only data there is. ``evaluations`` has all values with their data.

        >>> registry.version("fraud@1").metrics["auc"]
        0.914
        """
        from modelkeep.reads import show

        return show.version(self._context, ref, as_of)

    def model(self, name: str, *, as_of: Moment | None = None) -> Model:
        """Return a model's page: who holds its stages, its aliases, its newest versions.

        Raises `UsageError` for a version: `show` answers for both.

        >>> registry.model("fraud").newest
        2
        """
        from modelkeep.reads import show

        return show.model(self._context, name, as_of)

    def show(self, ref: Ref, *, as_of: Moment | None = None) -> Version | Model:
        """Return the page of a version, or of the model where the ref is a bare name.

        >>> type(registry.show("fraud")).__name__, type(registry.show("fraud@1")).__name__
        ('Model', 'Version')
        """
        from modelkeep.reads import show

        return show.page(self._context, ref, as_of)

    def description(self, ref: Ref, *, as_of: Moment | None = None) -> str | None:
        """Return the description of a version or a model, None where there is none.

        >>> registry.description("churn") is None
        True
        """
        from modelkeep.reads import show

        return show.description(self._context, ref, as_of)

    def models(
        self,
        pattern: str | None = None,
        *,
        all: bool = False,  # noqa: A002  the flag's own name
        limit: int | None = None,
        as_of: Moment | None = None,
    ) -> tuple[ModelRow, ...]:
        """Return models by name, a glob pattern or all; ones with all versions archived or deleted only with ``all``.

        >>> [model.name for model in registry.models()]
        ['churn', 'fraud']
        """
        from modelkeep.reads import lists

        return lists.models(self._context, pattern, as_of, everything=all, limit=limit)

    def versions(  # noqa: PLR0913  each narrows or orders the list
        self,
        name: str | None = None,
        *,
        pattern: str | None = None,
        stage: str | None = None,
        tags: Tags = (),
        where: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        all: bool = False,  # noqa: A002  the flag's own name
        as_of: Moment | None = None,
    ) -> tuple[VersionRow, ...]:
        """Return versions of a model (or of the models that match ``pattern``, or of all), newest first.

        ``where`` is a filter: ``"metric.auc >= 0.9 AND (tag.tier = 'gold' OR alias = 'champion')"``; what MLflow's search
        takes is a part of it. A comparison with what is missing does not hold.

        ``tags`` keep only versions that have them all: ``"owner"``, ``"owner=risk"``, ``{"owner": "risk"}``. ``sort`` is
        ``KEY[:asc|desc]``: name version created author size label, ``metric.K metric.K@DATA param.K tag.K``.
        Versions whose metric was measured on other data cannot be compared: `UsageError` names the data.

        >>> [version.ref for version in registry.versions("fraud", sort="metric.auc:desc", limit=1)]
        ['fraud@2']
        >>> [version.ref for version in registry.versions(where="metric.auc > 0.91 AND NOT stage = 'production'")]
        ['fraud@2']
        """
        from modelkeep.reads import lists

        return lists.versions(
            self._context,
            name,
            as_of,
            pattern=pattern,
            wanted=lists.Wanted(stage, tags, all, where),
            sort=sort,
            limit=limit,
        )

    def search(  # noqa: PLR0913  each narrows or orders the answer
        self,
        text: str,
        name: str | None = None,
        *,
        stage: str | None = None,
        tags: Tags = (),
        where: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        all: bool = False,  # noqa: A002  the flag's own name
        as_of: Moment | None = None,
    ) -> tuple[Found, ...]:
        """Return the models and versions whose names, descriptions and tags have some words, the best match first.

        Each word is found where a word begins so, whatever case and accents; ``"a phrase"`` in double quotes as it is.
        ``name`` is a model or a pattern. With ``stage``, ``tags``, ``where`` or ``sort`` (as in `versions`) only
        versions are returned, those too whose model alone has the words.

        >>> [found.ref for found in registry.search("fra")]
        ['fraud']
        >>> [found.ref for found in registry.search("fraud", sort="metric.auc", limit=1)]
        ['fraud@2']
        """
        from modelkeep.reads import lists, searching

        wanted = lists.Wanted(stage, tags, all, where)
        return searching.search(self._context, text, as_of, pattern=name, wanted=wanted, sort=sort, limit=limit)

    def keys(self, kind: str, name: str | None = None, *, as_of: Moment | None = None) -> tuple[str, ...]:
        """Return the keys that versions of a model (or all versions) have; ``kind`` is metric, param or tag.

        A metric that was measured on data is there as ``auc@DATA`` too, and as ``auc@`` where it was measured without.

        >>> registry.keys("metric", "fraud")
        ('auc', 'auc@')
        """
        from modelkeep.reads import lists

        return lists.keys(self._context, kind, name, as_of)

    def get(
        self,
        ref: Ref,
        dest: Path,
        *,
        force: bool = False,
        stdout: BinaryIO | None = None,
        progress: Progress | None = None,
        as_of: Moment | None = None,
    ) -> Fetched:
        """Copy an artifact out of the store, with every byte checked, completely or not at all.

        The artifact goes into ``dest`` if that ends in ``/`` (or, for a file, is a directory); else ``dest`` becomes
        the artifact. ``-`` writes a single file to ``stdout``. Where the same bytes are there already, ``changed`` is
        False; anything else there is a `Conflict`, unless it is a file, or a directory with files of an artifact, and
        ``force`` is given. `IntegrityError` for a wrong byte. ``REF/FILE`` is a file or directory inside.

        >>> registry.get("fraud@production", "served.onnx").changed
        True
        """
        from modelkeep.reads import fetch

        return fetch.get(
            self._context, ref, local_path(dest, "DEST"), force=force, stdout=stdout, progress=progress, moment=as_of
        )

    def path(self, ref: Ref, *, progress: Progress | None = None, as_of: Moment | None = None) -> str:
        """Return where an artifact can be read under its real names: the file, or the directory of a tree.

        ``REF/FILE`` is a file inside. The path is in the user's cache, a view of symbolic links to read-only files of
        the store. Every byte is checked when it is made, on first use; nothing is written in the registry.

        >>> os.path.basename(registry.path("fraud@1"))
        'model.onnx'
        """
        from modelkeep.reads import fetch

        return fetch.path(self._context, ref, progress=progress, moment=as_of)

    def identify(self, what: Path, *, exclude: Texts = (), as_of: Moment | None = None) -> tuple[Identified, ...]:
        """Return the versions that have the bytes of a file, a directory or a digest, and the stages they held.

        What holds a stage now comes first. ``exclude`` leaves files of a directory out, as in `register`. For a directory
        that no version is, the `NotFound` names the nearest version and what differs.

        >>> registry.identify("model.onnx")[0].ref
        'fraud@1'
        """
        from modelkeep.reads import identify

        return identify.identify(self._context, local_path(what, "FILE"), as_of, exclude)

    def diff(self, refs: Refs) -> Diff:
        """Return what differs between versions; a single one is compared with production.

        >>> [row.key for row in registry.diff(["fraud@1", "fraud@2"]).rows if row.section == "metrics"]
        ['auc']
        """
        from modelkeep.reads import diff

        return diff.diff(self._context, refs)

    def trend(self, refs: Refs, *, metric: str | None = None, as_of: Moment | None = None) -> Trend:
        """Return a metric of versions in the order given, each against the version before it that was measured on the same data.

        That is the nearest of the 50 numbers before it that is not deleted, whatever else is asked for.
        Without ``metric`` it is the main one: the first that a gate of the policy names, else one that most of the newest
        versions have. ``"fraud"`` stands for its newest 50 versions, oldest first, without archived and deleted ones.

        >>> found = registry.trend("fraud")
        >>> found.metric, [(point.ref, point.value, point.difference, point.verdict) for point in found.points]
        ('auc', [('fraud@1', 0.914, None, None), ('fraud@2', 0.921, 0.007, 'better')])
        """
        from modelkeep.reads import trends

        return trends.trend(self._context, refs, metric, as_of)

    def lineage(
        self,
        node: Ref,
        *,
        up: bool = True,
        down: bool = True,
        depth: int | None = None,
        as_of: Moment | None = None,
    ) -> Lineage:
        """Return what made a node (``up``) and what was made from it (``down``), ``depth`` steps far.

        A node is a ref, ``data:NAME[@VERSION]``, ``code:COMMIT``, ``run:ID``, ``environment:HEX`` or ``deployment:TARGET``.

        >>> [edge.source for edge in registry.lineage("fraud@1").edges]
        ['data:transactions@2026-02']
        """
        from modelkeep.reads import lineage

        return lineage.lineage(self._context, node, as_of, up=up, down=down, depth=depth)

    def audit(
        self,
        ref: Ref | None = None,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        actor: str | None = None,
        action: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> tuple[AuditEntry, ...]:
        """Return the newest ``limit`` entries of the log as sentences, newest last, or first with ``reverse``.

        ``actor`` is an account, or who logged in behind it, or a claimed name or author: as it was written, its name or its
        address, without case.
        `audit_pages` needs less memory for many.

        >>> registry.audit("fraud@1", limit=1)[0].action
        'promote'
        """
        pages = self.audit_pages(
            ref, since=since, until=until, actor=actor, action=action, limit=limit, reverse=reverse
        )
        return tuple(entry for page in pages for entry in page)

    def audit_pages(
        self,
        ref: Ref | None = None,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        actor: str | None = None,
        action: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> Iterator[tuple[AuditEntry, ...]]:
        """Return the entries that `audit` returns in pages of 200, each read when it is asked for.

        Memory does not grow with the log, and no writer waits between two pages. Entries that are written meanwhile
        are left out.

        >>> [entry.action for page in registry.audit_pages("fraud@1", limit=1) for entry in page]
        ['promote']
        """
        from modelkeep.reads import history

        return history.audit_pages(
            self._context, ref, since=since, until=until, actor=actor, action=action, limit=limit, reverse=reverse
        )

    def history(
        self,
        name: str | None = None,
        stage: str | None = None,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        limit: int | None = None,
        as_of: Moment | None = None,
    ) -> tuple[Tenure, ...]:
        """Return which version held a stage when, by whom and why; without a name the last stage of all models.

        With ``limit`` only the tenures that began last, oldest first as always.

        >>> [(tenure.ref, tenure.until) for tenure in registry.history("fraud")]
        [('fraud@1', None)]
        """
        from modelkeep.reads import history

        return history.history(self._context, name, stage, as_of, since=since, until=until, limit=limit)

    def status(self, *, size: bool = False) -> Status:
        """Return the registry at a glance.

        Its ``size_bytes`` is None in a registry of more than 10,000 files unless ``size`` asks for it: only this sum
        takes longer in a larger registry.

        >>> registry.status().models
        2
        """
        from modelkeep.reads import status

        return status.status(self._context, self.origin, size=size)

    def whoami(self) -> Identity:
        """Return the author that an entry written now would name.

        >>> registry.whoami().user != ""
        True
        """
        from modelkeep.reads import status

        return status.whoami(self._context)

    def as_of(self, moment: Moment | None) -> AsOf | None:
        """Return the last entry that a moment includes, None without a moment; a note says which it is.

        >>> registry.as_of("seq:1").seq
        1
        """
        from modelkeep.reads import snapshot

        return None if moment is None else snapshot.as_of(self._context, moment)

    def is_bare(self, ref: Ref) -> bool:
        """Tell whether a ref is a bare name: a model, not a version of it.

        >>> registry.is_bare("fraud"), registry.is_bare("fraud@3")
        (True, False)
        """
        from modelkeep.domain.refs import parse_ref

        return parse_ref(ref).selector is None

    # Maintenance

    def verify(  # noqa: PLR0913  the command's own flags
        self,
        refs: Refs = (),
        *,
        log: bool = True,
        bytes: bool = True,  # noqa: A002  the flag's own name
        quick: bool = False,
        subset: str | None = None,
        repair: Path | None = None,
        dry_run: bool = False,
        accept_head: bool = False,
        head: str | None = None,
        progress: Progress | None = None,
    ) -> Verification:
        """Check the registry: the chain of the log, each decision, every table, every stored byte.

        What is wrong is returned, not raised. ``log`` and ``bytes`` choose the halves to check. ``quick`` checks the
        log's form, chain and details but no replay, tables and indexes, and the blobs' existence, sizes and modes but
        no hash. ``subset`` (``1/7``) checks one of at most 9999 parts of the stored contents. ``repair`` replaces what
        is damaged or missing from a file, a directory, a backup or another registry; with ``dry_run`` it only says what
        it could replace. ``accept_head`` accepts the log as it ends now, although this account saw another end. ``head``
        is the hash of an entry that was kept elsewhere (`Status.head_hash`): a log without it is another one.
        Arguments that exclude each other raise `UsageError`.

        >>> registry.verify().ok
        True
        """
        from modelkeep.maintenance import verify as checking

        return checking.verify(
            self._context if repair is None else _held(self._context),
            refs,
            log=log,
            bytes_=bytes,
            quick=quick,
            accept_head=accept_head,
            progress=progress,
            subset=subset,
            repair=None if repair is None else local_path(repair, "--repair"),
            dry_run=dry_run,
            head=head,
        )

    def gc(
        self,
        *,
        grace: str | timedelta = "7d",
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Cleaned:
        """Remove stored bytes that no version needs, and the drafts of killed writers.

        Bytes are removed if every version that had them was deleted, or if there never was one, and only ``grace``
        (``7d``, ``12h``, ``0``) after the deletion or after they were stored. It is safe while other processes read and
        write, and writes no entry. Raises `IntegrityError` where the log is not whole, differs from the tables, or went
        backwards.

        >>> registry.gc().changed
        False
        """
        from modelkeep.maintenance import gc as cleaning

        return cleaning.gc(_held(self._context), grace=grace, dry_run=dry_run, progress=progress)

    def doctor(self) -> Diagnosis:
        """Check everything around a registry; each finding says what to do.

        Checked are the mount and its locks, permissions, free space, schema and journal, the log's end, missing and
        unneeded bytes, clocks and versions of programs. It answers where other methods raise; only where there is
        nothing at all it raises `RegistryUnavailable`.

        >>> registry.doctor().ok
        True
        """
        from modelkeep.maintenance.doctor import doctor

        return doctor(self._context, self._located)

    def access(self) -> Access:
        """Return which groups may write to the registry and read it.

        >>> registry.access().shared
        """
        from modelkeep.domain.answers.maintenance import Access
        from modelkeep.store.access import sharing

        found = sharing.sharing_of(self.directory)
        if found is None:
            return Access(None, None, None)
        return Access(
            found.writers.name,
            None if found.readers is None else found.readers.name,
            sharing.blocking_directory(self.directory, found),
        )

    def backup(
        self, dest: Path, *, verify: bool = False, dry_run: bool = False, progress: Progress | None = None
    ) -> BackedUp:
        """Make or renew a backup in a directory, while others may write. A backup is a registry that refuses changes.

        Bytes that are in the backup are kept, new ones are hashed as they are copied, and until the end the old backup
        stays usable. ``verify`` hashes those in the backup too, and copies damaged ones again. A version whose bytes cannot be read is a finding, and ``ok`` is False. Raises `Conflict` for a
        directory with other things in it, `UsageError` for one inside the registry, `Busy` while another backup is made
        there.

        >>> made = registry.backup("../backup")
        >>> made.versions, made.changed, registry.backup("../backup").changed
        (3, True, False)
        >>> open_registry("../backup").status().backup_of == registry.directory
        True
        """
        from modelkeep.maintenance import backup as backing_up

        return backing_up.back_up(
            self._context, local_path(dest, "DEST"), dry_run=dry_run, progress=progress, verify=verify
        )

    def migrate(self, *, rebuild: bool = False, dry_run: bool = False) -> Migration:
        """Bring an older registry to today's schema, after a backup of its database.

        With ``rebuild`` the schema stays, and where a table is not as the log makes it, every table is made again from
        the log. Raises `IntegrityError` where the log itself is not whole.

        >>> registry.migrate().changed, registry.migrate(rebuild=True).changed
        (False, False)
        """
        if rebuild:
            from modelkeep.maintenance import rebuild as rebuilding

            return rebuilding.rebuild(self._context, dry_run=dry_run)
        from modelkeep.maintenance import migrate as migrating

        return migrating.migrate(self._context, dry_run=dry_run)

    def session(self) -> AbstractContextManager[Session]:
        """Open a SQLModel session on a private copy of the tables, for queries of one's own.

        >>> from sqlmodel import select
        >>> from modelkeep.store.db.tables import VersionRow
        >>> with registry.session() as session:
        ...     len(session.exec(select(VersionRow)).all())
        3
        """
        from modelkeep.store.db.sqlite.private_tables import session

        return session(self._context.database)


@checked
def open_registry(
    location: Path | None = None,
    *,
    settings: Settings | None = None,
    must_exist: bool = True,
    say: Say | None = None,
) -> Registry:
    """Open a registry: the one at ``location`` (a directory, its ``registry.db`` or a configured name).

    Without a location it is found as the command line finds it: ``MODELKEEP_REGISTRY``, the nearest ``.modelkeep`` or
    ``modelkeep.toml`` upwards, the user's config, the user's data directory. ``say`` is called with each note and
    warning, a line each. Raises `RegistryUnavailable` where there is none, if it ``must_exist``, and where the one
    found upwards belongs to another user whom the config does not trust.

    >>> open_registry(registry.directory).stages()[-1].name
    'production'
    """
    from modelkeep.config import load_settings
    from modelkeep.errors import RegistryUnavailable
    from modelkeep.locate import is_registry, untrusted

    flags = {"registry": location}
    found = load_settings(flags, os.environ, os.getcwd()) if settings is None else settings
    if refusal := untrusted(found.registry):
        raise refusal
    if must_exist and not is_registry(found.registry.path):
        from modelkeep.store.db.sqlite.database import DATABASE
        from modelkeep.store.db.sqlite.errors import lost_database

        if (lost := lost_database(os.path.join(found.registry.path, DATABASE))) is not None:
            raise lost
        message = f"there is no registry at {found.registry.path}"
        raise RegistryUnavailable(message, _no_registry_hint(found.registry, found))
    context = _context(found, found.registry.path, say, script=settings is None, identity=found.registry.identity)
    return Registry(context, found.registry, found)


@checked
def create_registry(
    location: Path,
    *,
    stages: Texts | None = None,
    store: Path | None = None,
    shared: str | None = None,
    readers: str | None = None,
    settings: Settings | None = None,
    say: Say | None = None,
) -> tuple[Registry, bool]:
    """Make a registry at a directory; return it, and whether it is new.

    ``stages`` are lowest first (by default ``staging``, ``production``); the last one is protected. ``store`` keeps the
    bytes in another directory. ``shared`` is the group whose members may write, ``readers`` one whose members may read;
    without them only this account may. ``shared`` also shares a registry that exists. ``say`` is called with each note
    and warning, a line each. Raises `Conflict` where a registry with other stages or other things are there, `NotFound`
    for an unknown group, `UsageError` where the file system cannot share files between groups, and
    `RegistryUnavailable` for a group that this account is not in or a mount without working locks.

    >>> create_registry(registry.directory)[1]
    False
    """
    from modelkeep.changes import create_registry as creating
    from modelkeep.config import load_settings
    from modelkeep.locate import Located
    from modelkeep.store.access import sharing

    found = settings or load_settings({"registry": None}, os.environ, os.getcwd())
    directory = os.path.abspath(local_directory(location, "DIR"))
    context = _context(found, directory, say, script=settings is None)
    sharing_with = sharing.parse_sharing(shared, readers)
    created = creating.create(
        context, stages, None if store is None else local_directory(store, "--store"), sharing_with
    )
    return Registry(context, Located(directory, "flag"), found), created


def _reopen(directory: str, located: Located, settings: Settings | None) -> Registry:
    """Return a registry that was pickled; whether it is there is seen when it is used.

    One that was found and not named must still be the same directory, on the same machine.
    """
    from modelkeep.config import load_settings

    found = settings or load_settings({"registry": directory}, os.environ, os.getcwd())
    return Registry(_context(found, directory, None, script=True, identity=located.identity), located, found)


def _found() -> Registry:
    """Return the registry that is found; in a notebook or a terminal the first call creates the user's own."""
    found = open_registry(must_exist=False)
    if found.origin == "default" and is_interactive():
        import warnings

        found, created = create_registry(found.directory)
        if created:
            warnings.warn(f"modelkeep made a registry at {found.directory}", stacklevel=3)
    return found


register = as_function(
    Registry.register,
    _found,
    """Register the next version of a model in the registry that is found, as `open_registry` finds it.

    In a notebook or a terminal the first call creates the user's own registry and warns of it. In a script a missing
    registry raises `RegistryUnavailable`: a runner that is thrown away must not take the model with it.
    """,
)


@checked
def read_pairs(given: Texts, files: Paths, what: str) -> tuple[tuple[str, str], ...]:
    """Read ``K=V`` texts and JSON, TOML or YAML files; ``what`` is ``param``, ``metric`` or ``tag``.

    Values are exact text, nested keys are joined by dots. Only TOML is brought into one form: whole numbers are decimal
    without underscores (``0xff`` is ``255``), and of times ``Z`` is ``+00:00``. In YAML ``1e-3``, ``no`` and ``012``
    are kept as they are written, and aliases and merge keys are followed. Raises `UsageError` for what is neither
    and for a key with two values.

    >>> read_pairs(["depth=8", "rate=0.10"], [], "param")
    (('depth', '8'), ('rate', '0.10'))
    """
    from modelkeep.provenance.values import from_flags, merge

    parts = [from_flags(given, what)]
    if files:
        from modelkeep.provenance.value_files import from_file
        from modelkeep.store.named_paths import seen

        for file in files:
            path = local_path(file, f"--{what}s")
            parts.append(from_file(path, what, None if path == "-" else seen(path)))
    return merge(*parts, what=what)


def is_interactive() -> bool:
    """Tell whether a person reads the messages: a terminal, a notebook or an interactive session."""
    import sys

    if hasattr(sys, "ps1") or "ipykernel" in sys.modules:
        return True
    try:
        return os.isatty(0) and os.isatty(2)
    except OSError:
        return False


def _context(
    settings: Settings, directory: str, say: Say | None, *, script: bool, identity: tuple[int, int] | None = None
) -> Context:
    """Return the outside world; ``script`` says that a script calls us, and not the command line.

    ``identity`` is that of a directory that was found and not named: another one is not used.
    """
    import functools
    from datetime import UTC, datetime

    from modelkeep.context import Context
    from modelkeep.hooks.after_commit import HookQueue
    from modelkeep.provenance import machine
    from modelkeep.store.bucket.directory import DirectoryBucket
    from modelkeep.store.db.sqlite.database import STORE, Database
    from modelkeep.userdirs import state_dir

    cwd, account = os.getcwd(), machine.observe_account()
    database = Database(directory, lock_wait=settings.lock_wait_seconds, say=say)
    if identity is not None:
        from modelkeep.store.db.sqlite.found_database import FoundDatabase

        database = FoundDatabase(directory, identity, lock_wait=settings.lock_wait_seconds, say=say)

    def environment(given: str, seen: os.stat_result | None) -> Captured:
        from modelkeep.provenance.environment import capture

        return capture(given, seen, os.environ, in_process=script)

    @functools.cache
    def claimed(_variable: str | None) -> str | None:
        """Return the name that the user claims; git is asked once, not at each change."""
        return machine.claimed_identity(os.environ, cwd, settings.actor)

    return Context(
        directory=directory,
        database=database,
        bucket=DirectoryBucket(os.path.join(directory, STORE)),
        clock=lambda: datetime.now(UTC),
        new_id=lambda: os.urandom(16).hex(),
        account=account,
        claim=lambda: claimed(os.environ.get("MODELKEEP_ACTOR")),
        environ=os.environ,
        cwd=cwd,
        cache_dir=settings.cache,
        state_dir=state_dir(os.environ),
        client=f"modelkeep/{__version__}",
        say=say or (lambda _text: None),
        script=machine.running_script() if script else None,
        groups_among=lambda names: machine.groups_among(names, account),
        environment=environment,
        listener=HookQueue(settings.hooks),
    )


def _held(context: Context) -> Context:
    """Return the context of a change in the store: log and store are of one directory, whatever takes its name meanwhile."""
    from msgspec.structs import replace

    from modelkeep.store.bucket.directory import DirectoryBucket
    from modelkeep.store.db.sqlite.database import STORE
    from modelkeep.store.db.sqlite.found_database import FoundDatabase

    try:
        database = FoundDatabase.of(context.database)
    except OSError:  # opening it says why
        return context
    return replace(
        context, database=database, bucket=DirectoryBucket(os.path.join(context.directory, STORE), database.identity)
    )


def _no_registry_hint(located: Located, settings: Settings) -> str:
    """Return what was meant by a path that has no registry: a name of the config, or here; else what makes one."""
    from modelkeep.domain.text import close_to
    from modelkeep.locate import is_registry

    if located.origin in ("flag", "environment"):
        named = [key.removeprefix("registries.") for key, _, _ in settings.items() if key.startswith("registries.")]
        if near := close_to(os.path.basename(located.path), named):
            return f"modelkeep --registry {quote(near[0])} list        (near: {', '.join(near)})"
        if os.path.lexists(located.path) and not os.path.isdir(located.path):
            return "--registry DIR        (the path is no directory)"
        return f"modelkeep init {quote(located.path)}"
    if is_registry(os.getcwd()):
        return "modelkeep --registry . list        (this directory is a registry)"
    return "modelkeep init        (makes one in this directory; --registry DIR names another)"
