"""The error of a hook that failed, and the signature of a webhook."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from collections.abc import Mapping

from modelkeep.hooks.hook import Hook

#: The header of the signature, made as GitHub makes its own.
SIGNATURE = "X-Modelkeep-Signature-256"
_LONGEST_SECRET = 4 << 10


class HookFailed(Exception):
    """A hook failed: after how many ``attempts``, whether another may help, and what a command wrote."""

    def __init__(self, message: str, *, may_help: bool = False, attempts: int = 1, output: str = "") -> None:
        super().__init__(message)
        self.may_help = may_help
        self.attempts = attempts
        self.output = output


def signature(secret: bytes, body: bytes) -> str:
    """Return the value of the signature's header: HMAC-SHA256 over the body."""
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


def secret_of(hook: Hook, environ: Mapping[str, str]) -> bytes | None:
    """Return the secret of a webhook, None where it has none; ``HookFailed`` where it cannot be had."""
    if hook.secret_env is not None:
        value = environ.get(hook.secret_env, "")
        if not value:
            message = f"the environment variable {hook.secret_env} has no secret"
            raise HookFailed(message)
        return os.fsencode(value)
    if hook.secret_file is None:
        return None
    path = os.path.join(hook.directory, os.path.expanduser(hook.secret_file))
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            message = f"{path} is no file"
            raise HookFailed(message)
        with open(path, "rb") as file:
            value_read = file.read(_LONGEST_SECRET + 1)
    except OSError as error:
        message = f"cannot read the secret in {path}: {error.strerror}"
        raise HookFailed(message) from error
    secret = value_read.rstrip(b"\r\n")
    if not secret or len(value_read) > _LONGEST_SECRET:
        message = f"there is no secret in {path}" if not secret else f"the secret in {path} is longer than 4 KiB"
        raise HookFailed(message)
    return secret
