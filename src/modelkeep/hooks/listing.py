"""`hook list` and `hook test`: the hooks there are, and a trial of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelkeep.changes.change_answer import effects_of
from modelkeep.context import Context
from modelkeep.domain.answers.changes import Change
from modelkeep.domain.answers.hooks import HookRow, HookRun
from modelkeep.domain.text import close_to, printable
from modelkeep.errors import Conflict, NotFound, UsageError
from modelkeep.hooks.after_commit import event_of, run_hook
from modelkeep.hooks.names import trusting
from modelkeep.hooks.sources import find_hooks, hooks_of_registry
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.sql import audit

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry
    from modelkeep.hooks.hook import Hook

#: How many of the newest entries are looked through for one that a hook is meant for.
_MOST_ENTRIES = 1_000


def hooks(context: Context) -> tuple[HookRow, ...]:
    """Return every hook, in the order they run."""
    return tuple(
        HookRow(
            name=hook.name,
            source=hook.source,
            kind="command" if hook.url is None else "url",
            target=hook.target,
            on=hook.on,
            stages=hook.stages,
            models=hook.models,
            timeout_seconds=hook.timeout_seconds,
            signed=hook.secret_env is not None or hook.secret_file is not None,
            runs=runs,
        )
        for hook, runs in _all(context)
    )


def test_hook(context: Context, name: str, action: str | None) -> HookRun:
    """Run one hook with an older entry of the log."""
    known = {hook.name: (hook, runs) for hook, runs in reversed([*_all(context)])}
    if name not in known:
        near = close_to(name, known)
        message = f"there is no hook '{printable(name)}'"
        raise NotFound(message, f"modelkeep hook test {near[0]}" if near else "modelkeep hook list")
    hook, runs = known[name]
    if not runs:
        message = f"{hook.source} does not run: you do not trust this registry"
        raise Conflict(message, trusting(context.directory))
    entry = _entry(context, hook, action)
    return run_hook(context, hook, event_of(context, hook, entry, _change_of(entry), test=True))


def _all(context: Context) -> Iterator[tuple[Hook, bool]]:
    """Yield every hook, and whether it runs."""
    found = find_hooks(context, context.listener.configured)
    yield from ((hook, True) for hook in found.hooks)
    unusable = found.unusable
    if found.untrusted is not None:
        try:
            yield from ((hook, False) for hook in hooks_of_registry(context.directory, context.environ))
        except UsageError as error:
            unusable = error
    if unusable is not None:
        context.say(f"warning: {unusable.message}")


def _entry(context: Context, hook: Hook, action: str | None) -> Entry:
    """Return the newest entry of an action, or that a hook is meant for."""
    from modelkeep.domain.entry import parse_entry
    from modelkeep.domain.verbs.all_verbs import ACTIONS

    if action is not None and action not in ACTIONS:
        near = close_to(action, ACTIONS)
        message = f"there is no change '{printable(action)}'"
        raise UsageError(message, f"did you mean {near[0]}?" if near else f"there are {', '.join(ACTIONS)}")
    with snapshot(context) as (reader, _):
        wanted = audit.Wanted(action=action)
        for logged in audit.entries(reader, wanted, limit=1 if action is not None else _MOST_ENTRIES):
            entry = parse_entry(logged.data)
            if action is not None or hook.matched(entry):
                return entry
    what = f"no entry of the kind {action}" if action is not None else f"no entry that {hook.name} is meant for"
    message = f"there is {what} yet"
    raise NotFound(message, "name another kind: --event register")


def _change_of(entry: Entry) -> Change:
    """Return the answer of the change that an entry was, as far as the entry shows it."""
    subject = entry.intent.subject
    name = entry.intent.kind if subject is None else subject.name
    ref = entry.subject_name
    return Change(
        entry.intent.kind,
        name,
        ref if ref != name else None,
        changed=True,
        seq=entry.seq,
        effects=effects_of(entry, name),
    )
