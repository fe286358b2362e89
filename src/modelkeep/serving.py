"""The part of the API that is about versions in use: who serves which key, what runs where, what monitoring says.

`Serving` is a base of `Registry`: its methods are the registry's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelkeep.errors import ModelkeepError, PartlyDone
from modelkeep.provenance.api_calls import checked_class

if TYPE_CHECKING:
    from datetime import timedelta

    from modelkeep.api_types import Moment, Path, Ref, Share, Texts
    from modelkeep.context import Context
    from modelkeep.domain.answers.changes import Change
    from modelkeep.domain.answers.serving import DeploymentRow, Picks, SignalRow


@checked_class
class Serving:
    """The methods of a `Registry` about versions in use."""

    _context: Context

    def pick(self, ref: Ref, keys: Texts = (), *, as_of: Moment | None = None) -> Picks:
        """Return which version of a stage serves each key, as ``fraud@production`` with the ids of users.

        A key keeps its version while the shares of the stage only grow. ``parts`` has the slots of each version, so that
        another program can find the version of a key by itself.

        >>> registry.promote("fraud@2", "production", share=10).effects[0].after
        'fraud@2 at 10%'
        >>> picks = registry.pick("fraud@production", ["user-1", "user-2"])
        >>> [(part.ref, part.share) for part in picks.parts]
        [('fraud@1', 90.0), ('fraud@2', 10.0)]
        >>> [pick.ref in ("fraud@1", "fraud@2") for pick in picks.picks]
        [True, True]
        """
        from modelkeep.reads import pick

        return pick.pick(self._context, ref, keys, as_of)

    def record_deployment(
        self,
        ref: Ref,
        to: str,
        *,
        endpoint: str | None = None,
        status: str = "running",
        share: Share | None = None,
        stage: str | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Record that a version runs at a target, in place of what ran there; or with ``share`` beside it.

        ``status`` is ``running``, ``starting``, ``stopped`` or ``failed``; the last two end it. ``stage`` is the stage whose
        versions should run there: without it the one that was recorded before, else the highest that the version is in.
        An ``endpoint`` loses its user, query and fragment.

        >>> change = registry.record_deployment("churn@1", "k8s/eu", endpoint="https://scorer.example/churn")
        >>> change.effects[0].before, change.effects[0].after
        ('none', 'churn@1 running')
        """
        from modelkeep.changes import serving
        from modelkeep.changes.change_answer import answer
        from modelkeep.changes.runner import run_change

        resolve = serving.record_deployment(ref, to, endpoint=endpoint, status=status, share=share, stage=stage)
        return answer(run_change(self._context, resolve, message=message, dry_run=dry_run))

    def deployments(
        self,
        name: Ref | None = None,
        *,
        target: str | None = None,
        drift: bool = False,
        as_of: Moment | None = None,
    ) -> tuple[DeploymentRow, ...]:
        """Return what runs where: of all models, of one, or of a version; with ``drift`` only what should not run.

        >>> [(each.target, each.ref, each.drift) for each in registry.deployments()]
        [('k8s/eu', 'churn@1', None)]
        """
        from modelkeep.reads import deployments

        return deployments.deployments(self._context, name, as_of, target=target, drift=drift)

    def signal(
        self,
        ref: Ref,
        name: str,
        value: str,
        *,
        count: int | None = None,
        window: str | timedelta | None = None,
        source: str | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Record what monitoring measured of a version; the policy says what that means.

        ``count`` are the observations in the ``window``. A rule of the policy may leave an item open for a person, mark the
        version bad, or take it out of its stages, all in the same entry. Of a version that is in no stage any more a
        signal is only recorded.

        >>> registry.signal("churn@1", "p99", 0.31, count=1200, window="1h").effects[0].after
        '0.31'
        """
        from modelkeep.changes import serving
        from modelkeep.changes.runner import run_change

        resolve = serving.signal(self._context, ref, name, value, count=count, window=window, source=source)
        return serving.signalled(run_change(self._context, resolve, message=message, dry_run=dry_run))

    def signal_report(
        self,
        ref: Ref,
        file: Path,
        name: str | None = None,
        *,
        count: int | None = None,
        window: str | timedelta | None = None,
        source: str | None = "evidently",
        message: str | None = None,
        dry_run: bool = False,
    ) -> tuple[Change, ...]:
        """Record the numbers of an Evidently report (``report.save_json``) as signals, an entry each.

        ``name`` is a glob that the names of the metrics must match. All are about the version that ``ref`` is at first, also
        where one of them takes it out of its stage. Raises `PartlyDone` where some were recorded and the next one failed.

        >>> [each.effects[0].after for each in registry.signal_report("churn@1", "report.json", "*.share")]
        ['0.25']
        """
        from modelkeep.changes import serving
        from modelkeep.local_path import local_path
        from modelkeep.provenance.evidently import read_report

        found = read_report(local_path(file, "FILE"), name)
        version = serving.signalled_version(self._context, ref)
        more: dict[str, Any] = {"count": count, "window": window, "source": source}
        done: list[Change] = []
        for each, value in found:
            try:
                done.append(self.signal(version, each, value, message=message, dry_run=dry_run, **more))
            except ModelkeepError as error:
                if not done:
                    raise
                problem = f"{len(done)} of {len(found)} signals were recorded, and {each} was not: {error.message}"
                raise PartlyDone(problem, f"modelkeep signals {version}") from error
        return tuple(done)

    def signals(
        self,
        name: Ref | None = None,
        *,
        open_only: bool = False,
        since: Moment | None = None,
        limit: int | None = None,
        as_of: Moment | None = None,
    ) -> tuple[SignalRow, ...]:
        """Return signals, newest first; ``open_only`` are those that a person has still to `acknowledge`.

        >>> [(each.ref, each.signal, float(each.value), each.item) for each in registry.signals("churn")]
        [('churn@1', 'p99', 0.25, None)]
        """
        from modelkeep.reads import signals

        return signals.signals(self._context, name, as_of, open_only=open_only, since=since, limit=limit)
