"""A webhook: one POST of the event over HTTPS, signed, tried again a few times, within a limit of time.

It is made with the standard library: one request, no cookies, no pool. A redirect is not followed, for the event and
its signature are meant for one host. Each attempt runs in a thread, so that the limit also holds while a name is looked
up and against a server that answers a byte at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from modelkeep.domain.text import first_line
from modelkeep.hooks.delivery import HookFailed
from modelkeep.hooks.hook import Hook

_ATTEMPT_SECONDS = 10.0
_FIRST_WAIT_SECONDS = 0.25
_TOO_MANY, _SERVER, _MOVED = 429, 500, range(300, 400)


def post(hook: Hook, body: bytes, headers: Mapping[str, str]) -> tuple[str, int]:
    """Send the event; return the answer in words and how often it was sent, or raise ``HookFailed``."""
    deadline = time.monotonic() + hook.timeout_seconds
    wait = _FIRST_WAIT_SECONDS
    attempts = 0
    while True:
        attempts += 1
        try:
            status = _attempt(hook, body, headers, min(_ATTEMPT_SECONDS, deadline - time.monotonic()))
        except HookFailed as failed:
            if not failed.may_help or attempts > hook.retries or time.monotonic() + wait >= deadline:
                tried = f" (tried {attempts} times)" if attempts > 1 else ""
                message = f"{failed}{tried}"
                raise HookFailed(message, attempts=attempts) from failed
            time.sleep(wait)
            wait *= 4
        else:
            return f"status {status}", attempts


class _Unredirected(HTTPRedirectHandler):
    """Follows no redirect: its status is the answer."""

    def redirect_request(self, *_arguments: object) -> None:
        """Make no other request."""


class _Attempt(threading.Thread):
    """One request; ``status`` or ``problem`` says what came of it."""

    def __init__(self, opener: OpenerDirector, request: Request, seconds: float) -> None:
        super().__init__(daemon=True)
        self._opener, self._request, self._seconds = opener, request, seconds
        self.status: int | None = None
        self.problem: str | None = None

    def run(self) -> None:
        try:
            with self._opener.open(self._request, timeout=self._seconds) as response:
                self.status = response.status
        except HTTPError as error:
            with error:
                self.status = error.code
        except URLError as error:
            self.problem = str(getattr(error.reason, "strerror", None) or error.reason)
        except (OSError, HTTPException, ValueError) as error:
            self.problem = str(getattr(error, "strerror", None) or error) or type(error).__name__


def _attempt(hook: Hook, body: bytes, headers: Mapping[str, str], seconds: float) -> int:
    assert hook.url is not None
    local = urlsplit(hook.url).scheme == "http"
    opener = build_opener(ProxyHandler({}) if local else ProxyHandler(), _Unredirected)
    request = Request(hook.url, body, dict(headers), method="POST")  # noqa: S310  its scheme was judged when it was read
    attempt = _Attempt(opener, request, seconds)
    attempt.start()
    attempt.join(seconds)
    if attempt.is_alive():
        message = f"{hook.target} did not answer in time"
        raise HookFailed(message, may_help=True)
    if attempt.status is None:
        message = f"{hook.target}: {first_line(attempt.problem or '')}"
        raise HookFailed(message, may_help=True)
    if attempt.status in _MOVED:
        message = f"{hook.target} answered with a redirect (status {attempt.status}), which is not followed"
        raise HookFailed(message)
    if attempt.status >= _MOVED.stop:
        message = f"{hook.target} answered with status {attempt.status}"
        raise HookFailed(message, may_help=attempt.status >= _SERVER or attempt.status == _TOO_MANY)
    return attempt.status
