"""What a hook may fail with, and the environment and secrets that it gets."""

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
    """A hook did not do its work; ``may_help`` says whether trying again may help, ``output`` is what it wrote."""

    def __init__(self, message: str, *, may_help: bool = False, output: str = "") -> None:
        super().__init__(message)
        self.may_help = may_help
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
            value_read = file.read(_LONGEST_SECRET).rstrip(b"\r\n")
    except OSError as error:
        message = f"cannot read the secret in {path}: {error.strerror}"
        raise HookFailed(message) from error
    if not value_read:
        message = f"there is no secret in {path}"
        raise HookFailed(message)
    return value_read
