"""The player of the story: it prints each command, runs it, and checks its exit code and output.

A line is handed to `sh` as it is printed, so that it can be typed again; only `modelkeep` and `python`
are made to mean this program. It runs on a terminal of its own, to print what a person would see.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from modelkeep.errors import ModelkeepError

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


class DemoFailed(ModelkeepError):
    """A command of the story did something else than expected."""


@dataclass(slots=True)
class Player:
    """Where the story is played (``directory``), where it is printed to, and with which variables."""

    directory: str
    write: Callable[[str], None]
    color: bool
    environ: dict[str, str]
    commands: int = field(default=0, init=False)

    def scene(self, title: str) -> None:
        """Print the title of the next scene."""
        self.write(self._styled(f"\n{title}\n{'-' * len(title)}\n", _BOLD))

    def comment(self, text: str) -> None:
        """Print a comment on what comes next."""
        self.write(self._styled("".join(f"# {line}\n" for line in text.splitlines()), _DIM))

    def act_as(self, person: str) -> None:
        """Run the next commands as another person: with that claimed identity, beside the account."""
        self.write("\n" + self._styled(f"$ export MODELKEEP_ACTOR={person}\n", _BOLD))
        self.environ["MODELKEEP_ACTOR"] = person

    def run(self, line: str, *patterns: str, exits: int = 0) -> str:
        """Print a command, run it, print and return its output.

        Raises `DemoFailed` for another exit code than ``exits`` or where one of the ``patterns`` does not match.
        """
        self.write(self._styled(f"$ {line}\n", _BOLD))
        self.commands += 1
        code, output = _run_on_a_terminal(line, self.directory, self.environ, self.write)
        output = _COLOURS.sub("", output)
        wrong = f"ended with exit code {code} instead of {exits}" if code != exits else None
        for pattern in patterns:
            if wrong is None and re.search(pattern, output) is None:
                wrong = f"printed nothing that matches {pattern!r}"
        if wrong is not None:
            message = f"the demo went wrong: `{line}` {wrong}"
            raise DemoFailed(message, "that is a bug: please report it with what is printed above")
        if exits:
            self.write(self._styled(f"# exit code {code}\n", _DIM))
        return output

    def _styled(self, text: str, style: str) -> str:
        lines = text.split("\n")
        return "\n".join(f"{style}{line}{_PLAIN}" if line and self.color else line for line in lines)


def _run_on_a_terminal(
    line: str, directory: str, environ: Mapping[str, str], write: Callable[[str], None]
) -> tuple[int, str]:
    """Run a line of shell; return its exit code and its output, both streams in their order."""
    reading, writing = _terminal()
    python = shlex.quote(sys.executable)
    script = f'modelkeep() {{ {python} -m modelkeep "$@"; }}; python() {{ {python} "$@"; }}; {line}'
    output = []
    with open(reading, encoding="utf-8", errors="replace", newline="\n") as screen:
        running = subprocess.Popen(
            ["sh", "-c", script],
            cwd=directory,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
        )
        os.close(writing)
        try:
            for text in _until_end(screen):
                output.append(text)
                write(text)
            return running.wait(), "".join(output)
        finally:
            if running.poll() is None:  # ^C came, or our output was closed
                running.terminate()
                running.wait()


def _terminal() -> tuple[int, int]:
    """Return both ends of a terminal; of a pipe where there is no terminal, as in a bare chroot."""
    try:
        reading, writing = os.openpty()
    except OSError:
        return os.pipe()
    settings = termios.tcgetattr(writing)
    settings[1] &= ~termios.OPOST  # no carriage returns
    termios.tcsetattr(writing, termios.TCSANOW, settings)
    return reading, writing


def _until_end(screen: TextIO) -> Iterator[str]:
    """Yield the lines of a terminal up to its end, which is an error on Linux."""
    try:
        yield from screen
    except OSError:
        return
