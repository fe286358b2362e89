"""The installed ``modelkeep`` as its users run it: a process in an environment of its own, and how it ended."""

import os
import resource
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import hints
from warm import Warm, settings


@dataclass(frozen=True)
class Done:
    """A process that ended: what it printed and how it ended (-9 = killed by signal 9)."""

    stdout: str
    stderr: str
    exit_code: int


@dataclass(frozen=True)
class Run:
    """Runs the installed ``modelkeep`` as a user with an empty home, in an empty directory below it."""

    script: Path
    home: Path
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    #: What forks for a command, where Python need not be started for it.
    warm: Warm | None = None

    def __call__(
        self,
        *words: str | os.PathLike[str],
        stdin: str | bytes | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
        limits: Mapping[int, tuple[int, int]] | None = None,
    ) -> Done:
        """Run one command to its end; without ``stdin`` it is at its end from the start. ``limits`` are of `resource`."""
        data = stdin.encode() if isinstance(stdin, str) else (stdin or b"")
        environ = {**self.env, **(env or {})}
        if self.warm is not None and self.warm.settings == settings(environ):
            code, out, err = self.warm.run(
                words, environ, cwd or self.cwd, script=str(self.script), stdin=data, limits=limits, timeout=timeout
            )
        else:
            done = subprocess.run(
                [str(self.script), *map(os.fspath, words)],
                input=data,
                capture_output=True,
                check=False,
                cwd=cwd or self.cwd,
                env=environ,
                timeout=timeout,
                preexec_fn=lambda: [resource.setrlimit(*each) for each in (limits or {}).items()],
            )
            code, out, err = done.returncode, done.stdout, done.stderr
        hints.provoked.update(hints.printed(err.decode()))
        return Done(out.decode(), err.decode(), code)

    def start(
        self,
        *words: str | os.PathLike[str],
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        **more: object,
    ) -> subprocess.Popen[bytes]:
        """Start one command and hand over its process; ``more`` goes to Popen (stdout is a pipe unless told)."""
        arguments: dict[str, object] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": cwd or self.cwd,
            "env": {**self.env, **(env or {})},
            **more,
        }
        return subprocess.Popen([str(self.script), *map(os.fspath, words)], **arguments)


def new_user(modelkeep: Path, warm: Warm | None, place: Path) -> Run:
    """Return what runs the installed ``modelkeep`` for a user whose empty home is made in a directory."""
    home = place / "home"
    cwd = home / "work"
    cwd.mkdir(parents=True)
    return Run(modelkeep, home, cwd, environment(modelkeep, home), warm)


def environment(modelkeep: Path, home: Path) -> dict[str, str]:
    """Return the environment of a user."""
    return {
        "PATH": f"{modelkeep.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def prepare(modelkeep: Path, home: Path, *commands: list[str]) -> None:
    """Run commands in the directory ``work`` of a home, by programs of their own; each must succeed."""
    env = {
        "PATH": f"{modelkeep.parent}:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
    }  # fmt: skip
    for words in commands:
        subprocess.run([modelkeep, *words], cwd=home / "work", env=env, check=True, capture_output=True)
