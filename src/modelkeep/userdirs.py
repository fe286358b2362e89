"""Where a user is, and where the user's own files are: config, data, state and cache, as the platform has it.

On Linux these are the directories of the XDG Base Directory Specification, which is a line of code;
elsewhere platformdirs knows. Completion needs them, and loading platformdirs takes as long as all of a
completion may take. A test compares the two.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Mapping

APP = "modelkeep"


def here() -> str:
    """Return the current directory; one that was removed raises ``NotFound``."""
    try:
        return os.getcwd()
    except FileNotFoundError as error:
        from modelkeep.errors import NotFound

        message = "the directory you are in was removed"
        raise NotFound(message, "cd to one that is there") from error


def config_file(environ: Mapping[str, str]) -> str:
    """Return the path of the user's config, there or not."""
    return os.path.join(config_dir(environ), "config.toml")


def config_dir(environ: Mapping[str, str]) -> str:
    """Return the directory of the user's config."""
    return _user_dir("config", ".config", environ)


def data_dir(environ: Mapping[str, str]) -> str:
    """Return the directory of the user's data, where the default registry is."""
    return _user_dir("data", ".local/share", environ)


def state_dir(environ: Mapping[str, str]) -> str:
    """Return the directory of what is remembered between two commands."""
    return _user_dir("state", ".local/state", environ)


def cache_dir(environ: Mapping[str, str]) -> str:
    """Return the directory of what can be made again."""
    return _user_dir("cache", ".cache", environ)


def home(environ: Mapping[str, str]) -> str:
    """Return the home directory: the environment's, else the name service's, else the root."""
    path = environ.get("HOME", "")
    if os.path.isabs(path):
        return path.rstrip("/") or "/"
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_dir.rstrip("/") or "/"
    except (ImportError, KeyError):  # Windows; a container's uid without a name
        return os.sep


def _user_dir(kind: str, below_home: str, environ: Mapping[str, str]) -> str:
    base = environ.get(f"XDG_{kind.upper()}_HOME", "")
    if os.path.isabs(base):
        return os.path.join(base, APP)
    if sys.platform != "linux":
        import platformdirs

        path: str = getattr(platformdirs, f"user_{kind}_dir")(APP, appauthor=False)
        return path
    return os.path.join(home(environ), below_home, APP)
