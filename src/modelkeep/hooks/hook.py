"""A hook as it is configured: for which changes it runs, and its command or URL.

[hooks.notify]
on = ["promote", "rollback"]
stages = ["production"]
command = ["./notify.py", "--channel", "models"]

[hooks.deploy]
on = ["promote"]
models = ["risk/*"]
url = "https://ci.example.org/hooks/models"
secret_env = "MODELS_HOOK_SECRET"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from msgspec import Struct

from modelkeep.domain.globs import GlobMatcher
from modelkeep.domain.labels import fold
from modelkeep.domain.text import close_to, pattern, printable
from modelkeep.domain.times import parse_age
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry

#: Every change that opens an item for a person: a broken glass, a signal, a canary without a result.
ITEM = "item"
#: Every change.
ANY = "*"
#: No hook runs for these: `init` makes the registry, and this release writes no `migrate`.
_BEFORE_HOOKS = ("init", "migrate")
#: The files of hooks: at most so many each, with lists of at most so many words.
MOST_HOOKS, _MOST_WORDS = 50, 200
_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_VARIABLE = pattern(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_KEYS = ("on", "command", "url", "stages", "models", "timeout", "retries", "secret_env", "secret_file")
_DEFAULT_SECONDS, _LONGEST_SECONDS, _DEFAULT_RETRIES, _MOST_RETRIES = 30, 600, 2, 5
#: The word of ``on`` for an event that an entry of another verb may have.
_WORDS = {
    "VersionPromoted": "promote",
    "StageRolledBack": "rollback",
    "StageRetired": "retire",
    "VersionMarked": "mark",
    "ItemOpened": ITEM,
}
_LOCAL = ("localhost", "127.0.0.1", "::1")


class Hook(Struct, frozen=True, kw_only=True):
    """One hook; ``source`` is the file that configures it, ``directory`` where its command runs."""

    name: str
    source: str
    directory: str
    on: tuple[str, ...]
    command: tuple[str, ...] = ()
    url: str | None = None
    stages: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    timeout_seconds: int = _DEFAULT_SECONDS
    retries: int = _DEFAULT_RETRIES
    secret_env: str | None = None
    secret_file: str | None = None

    @property
    def target(self) -> str:
        """The command, or the scheme and host of the URL, whose rest may be a secret."""
        if self.url is None:
            return " ".join(self.command)
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def matched(self, entry: Entry) -> tuple[str, ...]:
        """Return the words of ``on`` that an entry matches; none where its model or stage is not meant."""
        subject = entry.intent.subject
        if self.models and (subject is None or not GlobMatcher(self.models).matches(subject.name)):
            return ()
        if self.stages and not _stages_of(entry).intersection(map(fold, self.stages)):
            return ()
        return tuple(word for word in words_of(entry) if word in self.on or ANY in self.on)


def words_of(entry: Entry) -> tuple[str, ...]:
    """Return the words of ``on`` for an entry: its verb, and the verbs of what the policy did by itself."""
    events = (_WORDS.get(type(event).__name__) for event in entry.events)
    return tuple(dict.fromkeys([entry.intent.kind, *(word for word in events if word is not None)]))


def _stages_of(entry: Entry) -> set[str]:
    """Return the stages that an entry is about: those it names, and those that it empties."""
    subject = entry.intent.subject
    named = {None if subject is None else subject.stage}
    for event in entry.events:
        named.add(getattr(event, "stage", None))
        named.update(end.stage for end in getattr(event, "ends", ()) if hasattr(end, "stage"))
    return {fold(stage) for stage in named if stage is not None}


def parse_hooks(found: object, source: str, directory: str) -> tuple[Hook, ...]:
    """Return the hooks of a table ``hooks``, in its order; anything wrong raises ``UsageError``."""
    if not isinstance(found, Mapping):
        message = f"{source}: hooks are tables, as [hooks.notify]"
        raise UsageError(message)
    if len(found) > MOST_HOOKS:
        message = f"{source}: more than {MOST_HOOKS} hooks"
        raise UsageError(message)
    return tuple(
        _Table(f"{source}: hooks.{printable(str(name))}", table).hook(name, source, directory)
        for name, table in found.items()
    )


class _Table:
    """The table of one hook; ``where`` begins every message about it."""

    def __init__(self, where: str, table: object) -> None:
        self._where = where
        if not isinstance(table, Mapping):
            self._refuse("is no table")
        self._table: Mapping[str, object] = table
        for key in table:
            if key not in _KEYS:
                near = close_to(key, _KEYS)
                self._refuse(
                    f"has no setting '{printable(key)}'",
                    f"did you mean {near[0]}?" if near else f"there are {', '.join(_KEYS)}",
                )

    def hook(self, name: str, source: str, directory: str) -> Hook:
        if not _NAME.fullmatch(name):
            self._refuse("is no name for a hook", "letters, digits, '-' and '_'")
        on = self._words("on")
        self._check_actions(on)
        command, url = self._words("command"), self._text("url")
        if bool(command) == bool(url):
            self._refuse("needs a command or a url, one of the two")
        if url is not None:
            self._check_url(url)
        secret_env, secret_file = self._text("secret_env"), self._text("secret_file")
        if secret_env and secret_file:
            self._refuse("has secret_env and secret_file: one of the two is enough")
        if url is None and (secret_env or secret_file or "retries" in self._table):
            self._refuse("has a command: secrets and retries are for a url")
        if secret_env is not None and not _VARIABLE.fullmatch(secret_env):
            self._refuse("secret_env is the name of an environment variable, not the secret")
        return Hook(
            name=name,
            source=source,
            directory=directory,
            on=on,
            command=command,
            url=url,
            stages=self._words("stages"),
            models=self._words("models"),
            timeout_seconds=self._timeout(),
            retries=self._retries(),
            secret_env=secret_env,
            secret_file=secret_file,
        )

    def _check_actions(self, on: Sequence[str]) -> None:
        from modelkeep.domain.verbs.all_verbs import ACTIONS

        known = (*(action for action in ACTIONS if action not in _BEFORE_HOOKS), ITEM, ANY)
        if not on:
            self._refuse("does not say when it runs", 'on = ["promote"]')
        for word in on:
            if word not in known:
                near = close_to(word, known)
                self._refuse(
                    f"there is no change '{printable(word)}'",
                    f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}",
                )

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:  # its text may have a part of the url, and so a secret
            host = None
        if not host or url != printable(url) or " " in url or not url.isascii():
            self._refuse("has a wrong url", 'url = "https://host/path"')
        if parts.username is not None or parts.password is not None:
            self._refuse("has a user or password in its url", "use secret_env: the body is signed with it")
        if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOCAL):
            self._refuse("needs https, or http to this machine", 'url = "https://host/path"')

    def _timeout(self) -> int:
        text = self._text("timeout")
        found = _DEFAULT_SECONDS if text is None else parse_age(text, f"{self._where}: timeout").total_seconds()
        if not 1 <= found <= _LONGEST_SECONDS:
            self._refuse("timeout is between 1s and 10m", 'timeout = "30s"')
        return int(found)

    def _retries(self) -> int:
        found = self._table.get("retries", _DEFAULT_RETRIES)
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _MOST_RETRIES:
            self._refuse(f"retries is a number from 0 to {_MOST_RETRIES}")
        return found

    def _text(self, key: str) -> str | None:
        value = self._table.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not _is_text(value):
            self._refuse(f"{key} is a text", f'{key} = "..."')
        return value

    def _words(self, key: str) -> tuple[str, ...]:
        value = self._table.get(key, [])
        if not isinstance(value, list) or len(value) > _MOST_WORDS or not all(map(_is_text, value)):
            self._refuse(f"{key} is a list of texts", f'{key} = ["..."]')
        return tuple(value)

    def _refuse(self, what: str, hint: str | None = None) -> NoReturn:
        message = f"{self._where}: {what}"
        raise UsageError(message, hint)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value
