"""What is told after a commit: changes wait in a queue until the command has said its answer, then each hook runs.

A hook never makes a change fail: what goes wrong is a warning. A change that a hook makes runs no hooks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import json

from modelkeep.domain.text import printable
from modelkeep.errors import ModelkeepError
from modelkeep.hooks.names import FILE, INSIDE

if TYPE_CHECKING:
    from modelkeep.changes.runner import ChangeOutcome
    from modelkeep.context import Context
    from modelkeep.domain.answers.changes import Change
    from modelkeep.domain.answers.hooks import HookEvent, HookRun
    from modelkeep.domain.entry import Entry
    from modelkeep.hooks.hook import Hook
    from modelkeep.hooks.sources import HookFiles

SCHEMA = "modelkeep.event/1"
#: Changes that wait at most: many of one command are told in between.
_MOST_WAITING = 100
_LONGEST_OUTPUT_LINE = 200


class HookQueue:
    """The changes of one registry that hooks are still to be told.

    ``configured`` is the table of hooks in the user's config.
    """

    def __init__(self, configured: object) -> None:
        self.configured = configured
        self._files: HookFiles | None = None
        self._waiting: list[tuple[Entry, Change]] = []
        self._held = False

    def hold(self) -> None:
        """Tell nothing before `flush`."""
        self._held = True

    def add(self, context: Context, outcome: ChangeOutcome) -> None:
        """Take a change that was committed, where a hook may want to know."""
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
        """Tell the hooks now, unless they are held."""
        if not self._held:
            self.flush(context)

    def flush(self, context: Context) -> None:
        """Tell the hooks of every change that waits, in the order of the changes, then of the files."""
        waiting, self._waiting = self._waiting, []
        for entry, change in waiting:
            for hook in self._found(context).hooks:
                if hook.matched(entry):
                    self._tell(context, hook, entry, change)

    def _found(self, context: Context) -> HookFiles:
        """Return the hooks; where they are wrong or not trusted, none, and a note says so."""
        from modelkeep.hooks.sources import HookFiles, find_hooks

        if self._files is None:
            try:
                self._files = find_hooks(context.directory, self.configured, context.environ)
            except ModelkeepError as error:
                context.say(f"warning: no hook runs: {error.message}")
                self._files = HookFiles(())
            if self._files.untrusted is not None:
                context.say(
                    f"note: {self._files.untrusted} is not run: modelkeep config trust {context.directory} lets it"
                )
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
    """Return what a hook is told of an entry."""
    from modelkeep.domain.answers.hooks import HookEvent
    from modelkeep.reads.history import as_sentences
    from modelkeep.store.db.sql import audit

    with context.database.reading() as reader:
        (logged,) = audit.entries(reader, audit.Wanted(), first=entry.seq, last=entry.seq, limit=1)
        (sentence,) = as_sentences(reader, [logged])
    return HookEvent(
        schema=SCHEMA,
        hook=hook.name,
        test=test,
        registry=entry.intent.registry,
        directory=context.directory,
        events=hook.matched(entry),
        entry=sentence,
        change=change,
    )


def run_hook(context: Context, hook: Hook, event: HookEvent) -> HookRun:
    """Run one hook and return what came of it."""
    from modelkeep.domain.answers.hooks import HookRun
    from modelkeep.hooks.delivery import HookFailed

    body = json.encode(event) + b"\n"
    try:
        if hook.url is None:
            from modelkeep.hooks.command import run_command

            environ = {**context.environ, INSIDE: hook.name, "MODELKEEP_REGISTRY": context.directory}
            return HookRun(
                hook.name, ok=True, outcome="exit code 0", attempts=1, output=run_command(hook, body, environ)
            )
        from modelkeep.hooks.webhook import post

        outcome, attempts = post(hook, body, _headers(context, hook, event, body))
    except HookFailed as failed:
        return HookRun(hook.name, ok=False, outcome=str(failed), attempts=1, output=failed.output)
    return HookRun(hook.name, ok=True, outcome=outcome, attempts=attempts, output="")


def _headers(context: Context, hook: Hook, event: HookEvent, body: bytes) -> Mapping[str, str]:
    from modelkeep.hooks.delivery import SIGNATURE, secret_of, signature

    secret = secret_of(hook, context.environ)
    return {
        "Content-Type": "application/json",
        "User-Agent": context.client,
        "X-Modelkeep-Event": event.entry.action,
        "X-Modelkeep-Delivery": f"{event.registry}-{event.entry.seq}-{hook.name}",
        **({} if secret is None else {SIGNATURE: signature(secret, body)}),
    }


def _first_line(output: str) -> str:
    """Return the first line that a command wrote, for the end of a warning."""
    lines = output.splitlines()
    return f": {printable(lines[0])[:_LONGEST_OUTPUT_LINE]}" if lines else ""
