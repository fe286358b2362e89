"""`prune`: versions that the policy's retention does not keep are archived or deleted, one entry a version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, timedelta

from modelkeep.changes.archive import deletion_plan, require_plan
from modelkeep.changes.change_answer import answer
from modelkeep.changes.change_request import ChangeRequest
from modelkeep.changes.runner import ChangeRunner
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Effect
from modelkeep.domain.answers.retention import Pruned, PruneError
from modelkeep.domain.entry import Subject
from modelkeep.domain.policy.facts import age_words
from modelkeep.domain.policy.rules import Retention
from modelkeep.domain.times import format_time
from modelkeep.domain.verbs.archive import Archive
from modelkeep.domain.verbs.delete import Delete
from modelkeep.errors import Busy, Denied, ModelkeepError, NotFound, RegistryUnavailable
from modelkeep.reads.references import Say, model_named
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import retention as select
from modelkeep.store.db.sql import version_states
from modelkeep.store.db.sql.references import Resolved, name_of
from modelkeep.store.db.sql.statement import EVER
from modelkeep.store.db.sqlite.database import Session
from modelkeep.store.db.state import SqlState

#: How many versions are read at once.
_PAGE_VERSIONS = 200
#: Errors that every other version would meet too.
_ENDS_ALL = (Busy, Denied, RegistryUnavailable)
_NOT_SHOWN = "it was not among those that were shown"
_KEPT = "the retention keeps it now: it is in use, or the policy changed"


def prune_pages(
    context: Context, name: str | None, message: str | None, *, dry_run: bool, plans: Mapping[str, str] | None = None
) -> Iterator[tuple[Pruned, ...]]:
    """Archive or delete versions that the retention does not keep; yield pages of 200 answers, at least one page.

    ``NotFound`` where the policy says nothing of retention. What fails for every version alike (a permission, the lock,
    the disk) is raised, after the page of the changes before it. With ``plans``, the plan of each reference that a dry run
    showed, only what was shown is deleted.
    """
    with snapshot(context) as (reader, _):
        models = select.models(reader) if name is None else [model_named(reader, name, context.say).model]
        if _retention(reader) is None:
            problem = "no policy says which versions are kept: there is no [retention]"
            raise NotFound(problem, "modelkeep policy show")
    return _pages(context, models, message, dry_run=dry_run, plans=plans)


def rule_words(retention: Retention) -> str:
    """Return a retention as the reason of an entry: ``retention: keeps the last 20; the rest is archived``."""
    kept = [
        *([] if retention.keep_last is None else [f"the last {retention.keep_last}"]),
        *([] if retention.keep_newer is None else [f"what is newer than {age_words(retention.keep_newer)}"]),
    ]
    return f"retention: keeps {' and '.join(kept)}; the rest is {retention.then}d"


def _pages(
    context: Context,
    models: Sequence[int],
    message: str | None,
    *,
    dry_run: bool,
    plans: Mapping[str, str] | None,
) -> Iterator[tuple[Pruned, ...]]:
    begun = False
    with closing(Session(context.database)) as session:
        runner = ChangeRunner(context, session, message=None, dry_run=dry_run)
        for model in models:
            first = 1
            while numbers := _next(context, model, first):
                page, failure = _page(runner, [_Prune(context, model, number, message, plans) for number in numbers])
                context.listener.told(context)
                if page:
                    yield page
                if failure is not None:
                    raise failure
                begun, first = True, numbers[-1] + 1
    if not begun:
        yield ()


def _next(context: Context, model: int, first: int) -> list[int]:
    """Return the next versions of a model, from a number on, that are not kept."""
    with snapshot(context) as (reader, _):
        return _prunable(reader, context, model, first, EVER)


def _retention(reader: Reader) -> Retention | None:
    policy = SqlState(reader).policy()
    return None if policy is None else policy.rules.retention


def _prunable(reader: Reader, context: Context, model: int, first: int, last: int) -> list[int]:
    """Return versions of a model, from one number to another, that the policy in force does not keep."""
    rules = _retention(reader)
    if rules is None:
        return []
    before = format_time(context.clock().astimezone(UTC) - timedelta(seconds=rules.keep_newer or 0))
    return select.prunable(reader, rules, model, before, first=first, last=last, limit=_PAGE_VERSIONS)


def _page(runner: ChangeRunner, wanted: Sequence[_Prune]) -> tuple[tuple[Pruned, ...], ModelkeepError | None]:
    """Prune versions, and return what became of each, and the error that ends all where there is one."""
    page: list[Pruned] = []
    for each in wanted:
        try:
            page.append(each.run(runner))
        except _ENDS_ALL as error:
            return tuple(page), error
    return tuple(page), None


class _Prune:
    """The archiving or deleting of one version, unless the retention keeps it when the lock is held."""

    def __init__(
        self, context: Context, model: int, number: int, message: str | None, plans: Mapping[str, str] | None
    ) -> None:
        self._context, self._model, self._number, self._message = context, model, number, message
        self._plans = plans
        self._request: ChangeRequest | None = None

    def run(self, runner: ChangeRunner) -> Pruned:
        """Return what became of the version; what fails for every version alike is raised."""
        error = None
        try:
            done = answer(runner.run(self._resolve))
        except _ENDS_ALL:
            raise
        except ModelkeepError as raised:
            if self._request is None:
                raise
            done, error = None, PruneError(raised.code, raised.exit_code, raised.message, raised.hint)
        assert self._request is not None  # the runner resolves before anything else
        (effect,) = self._request.effects
        changed = done is not None and done.changed
        return Pruned(
            ref=effect.what,
            before=effect.before,
            after=effect.after if changed else effect.before,
            rule=self._request.about,
            changed=changed,
            seq=None if done is None else done.seq,
            dry_run=runner.dry_run,
            why=None if done is None else done.why,
            error=error,
            plan=self._request.plan,
        )

    def _resolve(self, reader: Reader, _say: Say) -> ChangeRequest:
        """Return the change; under the lock the retention is asked again."""
        rules, state = _retention(reader), SqlState(reader)
        name, version = name_of(reader, None, self._model), state.version(self._model, self._number)
        standing = version_states.standing(reader, None, self._model, self._number, self._number)
        then = "delete" if rules is not None and rules.then == "delete" else "archive"
        rule = "" if rules is None else rule_words(rules)
        unchanged = None if _prunable(reader, self._context, self._model, self._number, self._number) else _KEPT
        digest, ref = None if version is None else version.digest, f"{name}@{self._number}"
        plan = deletion_plan(reader, Resolved(self._model, name, self._number, digest)) if then == "delete" else None
        if unchanged is None and plan is not None and self._plans is not None and ref not in self._plans:
            unchanged = _NOT_SHOWN
        self._request = ChangeRequest(
            Delete() if then == "delete" else Archive(),
            Subject(digest=digest, model=self._model, name=name, version=self._number),
            fields=(("reason", f"{rule} ({self._message})" if self._message else rule),),
            effects=(Effect(ref, standing.state(self._number), f"{then}d"),),
            unchanged=unchanged,
            about=rule,
            plan=plan,
        )
        if unchanged is None and plan is not None and self._plans is not None:
            require_plan(self._plans[ref], plan, ref, name)
        return self._request
