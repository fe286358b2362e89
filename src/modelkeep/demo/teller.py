"""Prints each command of the story before it runs it, and holds what it did to what was told.

A line is handed to `sh` as it is printed, so that it can be typed again; only `modelkeep` and
`python` are made to mean this very program. It runs on a terminal of its own, because what is to be
seen is what a person sees.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from modelkeep.errors import ModelkeepError

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_CHUNK = 65_536
_ISSUE = "that is a bug: please report it with what is printed above"


class NotAsTold(ModelkeepError):
    """Something did not happen as the story tells it."""


@dataclass(slots=True)
class Teller:
    """Where the story is played (``place``), for whom (``write``, ``color``), and with which variables."""

    place: str
    write: Callable[[str], None]
    color: bool
    environ: dict[str, str]
    commands: int = field(default=0, init=False)

    def scene(self, title: str) -> None:
        """Print the title of what comes now."""
        self.write(self._styled(f"\n{title}\n{'-' * len(title)}\n", _BOLD))

    def say(self, text: str) -> None:
        """Print what a person would tell beside it."""
        self.write(self._styled("".join(f"# {line}\n" for line in text.splitlines()), _DIM))

    def become(self, person: str) -> None:
        """Let somebody else sit down: the claim that stands beside the account in the log."""
        self.write("\n" + self._styled(f"$ export MODELKEEP_ACTOR={person}\n", _BOLD))
        self.environ["MODELKEEP_ACTOR"] = person

    def run(self, line: str, *tells: str, exits: int = 0) -> str:
        """Print a command, run it, print and return what it said.

        ``tells`` are regular expressions that must be found in it; raises `NotAsTold` for another
        exit code than ``exits`` or where one is not found.
        """
        self.write(self._styled(f"$ {line}\n", _BOLD))
        self.commands += 1
        code, said = _on_a_terminal(line, self.place, self.environ, self.write)
        said = _COLOURS.sub("", said)
        if code != exits:
            message = f"the demo is not as told: `{line}` ended with exit code {code}, and {exits} was to come"
            raise NotAsTold(message, _ISSUE)
        for pattern in tells:
            if re.search(pattern, said) is None:
                message = f"the demo is not as told: `{line}` does not say {pattern!r}"
                raise NotAsTold(message, _ISSUE)
        if exits:
            self.write(self._styled(f"# exit code {code}\n", _DIM))
        return said

    def _styled(self, text: str, style: str) -> str:
        lines = text.split("\n")
        return "\n".join(f"{style}{line}{_PLAIN}" if line and self.color else line for line in lines)


def _on_a_terminal(line: str, place: str, environ: Mapping[str, str], write: Callable[[str], None]) -> tuple[int, str]:
    """Run a line of shell; return how it ended and what it printed, both streams in their order."""
    import codecs
    import subprocess

    reading, writing = _terminal()
    me = shlex.quote(sys.executable)
    script = f'modelkeep() {{ {me} -m modelkeep "$@"; }}; python() {{ {me} "$@"; }}; {line}'
    try:
        running = subprocess.Popen(
            ["sh", "-c", script],
            cwd=place,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
        )
    except OSError as error:
        os.close(reading)
        message = f"the demo could not start a shell: {error.strerror}"
        raise NotAsTold(message, "it needs sh on PATH") from error
    finally:
        os.close(writing)
    told = codecs.getincrementaldecoder("utf-8")("replace")
    said = []
    try:
        while chunk := _read(reading):
            text = told.decode(chunk)
            said.append(text)
            write(text)
        return running.wait(), "".join(said)
    finally:
        if running.poll() is None:  # ^C came, or nobody reads us any more
            running.terminate()
            running.wait()
        os.close(reading)


def _terminal() -> tuple[int, int]:
    """Return both ends of a terminal; of a pipe where there is none to be had, as in a bare chroot."""
    try:
        import termios

        reading, writing = os.openpty()
    except (ImportError, OSError):
        return os.pipe()
    settings = termios.tcgetattr(writing)
    settings[1] &= ~termios.OPOST  # what is printed comes as it was: no carriage returns
    termios.tcsetattr(writing, termios.TCSANOW, settings)
    return reading, writing


def _read(descriptor: int) -> bytes:
    """Return what came; nothing at the end, which Linux tells of a terminal by an error."""
    try:
        return os.read(descriptor, _CHUNK)
    except OSError:
        return b""
