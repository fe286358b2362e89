"""The queue of committed changes: once a command has printed its answer, each hook runs for each change that it matches.

A hook never makes a change fail: an error is a warning. A change that a hook makes runs no hooks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import to_builtins

from modelkeep.domain.text import first_line
from modelkeep.errors import ModelkeepError
from modelkeep.hooks.names import FILE, INSIDE, trusting

if TYPE_CHECKING:
    from modelkeep.changes.runner import ChangeOutcome
    from modelkeep.context import Context
    from modelkeep.domain.answers.changes import Change
    from modelkeep.domain.answers.hooks import HookEvent, HookRun
    from modelkeep.domain.entry import Entry
    from modelkeep.hooks.hook import Hook
    from modelkeep.hooks.sources import HookFiles

#: So many changes of one command wait at most, then their hooks run.
_MOST_WAITING = 100


class HookQueue:
    """The changes of one registry for which hooks have still to run.

    ``configured`` is the table of hooks in the user's config.
    """

    def __init__(self, configured: object) -> None:
        self.configured = configured
        self._files: HookFiles | None = None
        self._waiting: list[tuple[Entry, Change]] = []
        self._held = False

    def hold(self) -> None:
        """Run no hook before `flush`."""
        self._held = True

    def add(self, context: Context, outcome: ChangeOutcome) -> None:
        """Queue a committed change that a hook matches."""
        if context.environ.get(INSIDE) or outcome.entry is None:
            return
        if not self.configured and not os.path.lexists(os.path.join(context.directory, FILE)):
            return
        from modelkeep.changes.change_answer import answer

        if any(hook.matched(outcome.entry) for hook in self._found(context).hooks):
            self._waiting.append((outcome.entry, answer(outcome)))
            if len(self._waiting) >= _MOST_WAITING:
                self.flush(context)

    def told(self, context: Context) -> None:
        """Run the hooks now, unless they are held."""
        if not self._held:
            self.flush(context)

    def flush(self, context: Context) -> None:
        """Run the hooks of every change that waits, in the order of the changes, then of the files."""
        waiting, self._waiting = self._waiting, []
        for entry, change in waiting:
            for hook in self._found(context).hooks:
                if hook.matched(entry):
                    self._tell(context, hook, entry, change)

    def _found(self, context: Context) -> HookFiles:
        """Return the hooks, which are read once; say which of them do not run, and why."""
        from modelkeep.hooks.sources import HookFiles, find_hooks

        if self._files is None:
            try:
                self._files = find_hooks(context, self.configured)
            except ModelkeepError as error:
                context.say(f"warning: no hook runs: {error.message}")
                self._files = HookFiles(())
            if self._files.unusable is not None:
                context.say(f"warning: no hook of the registry runs: {self._files.unusable.message}")
            if self._files.untrusted is not None:
                context.say(f"note: {self._files.untrusted} does not run: {trusting(context.directory)}")
        return self._files

    def _tell(self, context: Context, hook: Hook, entry: Entry, change: Change) -> None:
        try:
            run = run_hook(context, hook, event_of(context, hook, entry, change))
        except KeyboardInterrupt:
            context.say(f"warning: hook {hook.name} was interrupted; entry {entry.seq} is committed")
            raise
        except (ModelkeepError, OSError, ValueError) as error:
            context.say(f"warning: hook {hook.name}: {error}")
            return
        if not run.ok:
            context.say(f"warning: hook {hook.name}: {run.outcome}{_first_line(run.output)}")


def event_of(context: Context, hook: Hook, entry: Entry, change: Change, *, test: bool = False) -> HookEvent:
    """Return the document about an entry that a hook gets."""
    from modelkeep.domain.answers.hooks import HookEvent
    from modelkeep.reads.history import as_sentences
    from modelkeep.store.db.sql import audit

    with context.database.reading() as reader:
        (logged,) = audit.entries(reader, audit.Wanted(), first=entry.seq, last=entry.seq, limit=1)
        (sentence,) = as_sentences(reader, [logged])
    return HookEvent(
        schema="modelkeep.event/1",
        hook=hook.name,
        test=test,
        registry=entry.intent.registry,
        directory=context.directory,
        events=hook.matched(entry),
        entry=sentence,
        change=change,
    )


def run_hook(context: Context, hook: Hook, event: HookEvent) -> HookRun:
    """Run one hook and return its result."""
    import json

    from modelkeep.domain.answers.hooks import HookRun
    from modelkeep.hooks.delivery import HookFailed

    # In ASCII: the path of a directory need not be UTF-8.
    body = json.dumps(to_builtins(event), separators=(",", ":")).encode() + b"\n"
    outcome, attempts, output = "exit code 0", 1, ""
    try:
        if hook.url is None:
            from modelkeep.hooks.command import run_command

            environ = {**context.environ, INSIDE: hook.name, "MODELKEEP_REGISTRY": context.directory}
            output = run_command(hook, body, environ)
        else:
            from modelkeep.hooks.webhook import post

            outcome, attempts = post(hook, body, _headers(context, hook, event, body))
    except HookFailed as failed:
        return HookRun(hook.name, ok=False, outcome=str(failed), attempts=failed.attempts, output=failed.output)
    return HookRun(hook.name, ok=True, outcome=outcome, attempts=attempts, output=output)


def _headers(context: Context, hook: Hook, event: HookEvent, body: bytes) -> Mapping[str, str]:
    from modelkeep.hooks.delivery import SIGNATURE, secret_of, signature

    secret = secret_of(hook, context.environ)
    # A receiver that drops what it has seen must not drop a test, nor take one for the change itself.
    delivery = f"test-{context.new_id()}" if event.test else f"{event.registry}-{event.entry.seq}-{hook.name}"
    return {
        "Content-Type": "application/json",
        "User-Agent": context.client,
        "X-Modelkeep-Event": event.entry.action,
        "X-Modelkeep-Delivery": delivery,
        **({} if secret is None else {SIGNATURE: signature(secret, body)}),
    }


def _first_line(output: str) -> str:
    """Return the first line that a command wrote, for the end of a warning."""
    found = first_line(output)
    return f": {found}" if found else ""
