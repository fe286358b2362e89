"""Where a user's own files are: config, data, state and cache, as the platform has it.

Light by contract: completion imports it. Only ``os`` and ``sys``.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, TypeAlias

    Home: TypeAlias = Literal["config", "data", "state", "cache"]

APP = "modelkeep"


def config_file(environ: Mapping[str, str]) -> str:
    """Return the path of the user's config, there or not."""
    return os.path.join(config_dir(environ), "config.toml")


def config_dir(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> str:
    """Return the directory of the user's config."""
    return _user_dir("config", environ, platform)


def data_dir(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> str:
    """Return the directory of the user's data, where the default registry is."""
    return _user_dir("data", environ, platform)


def state_dir(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> str:
    """Return the directory of what is remembered between two commands."""
    return _user_dir("state", environ, platform)


def cache_dir(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> str:
    """Return the directory of what can be made again."""
    return _user_dir("cache", environ, platform)


def home(environ: Mapping[str, str]) -> str:
    """Return the home directory: the environment's, else the name service's, else the root."""
    path = environ.get("USERPROFILE" if sys.platform == "win32" else "HOME", "")
    if os.path.isabs(path):
        return path.rstrip("/") or "/"
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_dir.rstrip("/") or "/"
    except (ImportError, KeyError):  # Windows; a container's uid without a name
        return os.sep


_XDG = {
    "config": ("XDG_CONFIG_HOME", ".config"),
    "data": ("XDG_DATA_HOME", ".local/share"),
    "state": ("XDG_STATE_HOME", ".local/state"),
    "cache": ("XDG_CACHE_HOME", ".cache"),
}


def _user_dir(kind: Home, environ: Mapping[str, str] | None, platform: str) -> str:
    """Return what platformdirs says, without its 15 ms; a test compares the two."""
    environ = os.environ if environ is None else environ
    if platform == "win32":
        local = environ.get("LOCALAPPDATA") or os.path.join(home(environ), "AppData", "Local")
        return os.path.join(local, APP, "Cache") if kind == "cache" else os.path.join(local, APP)
    variable, below_home = _XDG[kind]
    if os.path.isabs(base := environ.get(variable, "")):
        return os.path.join(base, APP)
    if platform == "darwin":
        below_home = "Library/Caches" if kind == "cache" else "Library/Application Support"
    return os.path.join(home(environ), below_home, APP)
