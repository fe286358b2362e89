"""A real terminal: a shell in tmux, with what stands on its screen."""

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

SECONDS = 60


class Screen:
    """A window of tmux with a shell in it, whose prompt is ``ready>``; close it."""

    def __init__(self, place: Path, env: Mapping[str, str], *, columns: int = 80, rows: int = 24, cwd: Path) -> None:
        self._socket = place / "tmux"
        self._env = {**env, "TERM": "xterm-256color", "ENV": os.devnull}
        self._tmux(
            "-f", os.devnull, "new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(cwd), "/bin/sh"
        )
        self.type("PS1='re''ady> '; clear")  # that of root is another
        self.wait_for("ready>")

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *words], env=self._env, capture_output=True, text=True, check=True
        )
        return done.stdout

    def type(self, line: str) -> None:
        """Type a line and Enter."""
        self._tmux("send-keys", "-l", line)
        self.press("Enter")

    def press(self, key: str) -> None:
        """Press a key as tmux calls it: ``q``, ``C-c``."""
        self._tmux("send-keys", key)

    @property
    def text(self) -> str:
        """What stands on the screen, without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self._tmux("capture-pane", "-p").splitlines())

    def wait_for(self, wanted: str) -> str:
        """Return the screen as soon as it has a text."""
        deadline = time.monotonic() + SECONDS
        while wanted not in (seen := self.text):
            assert time.monotonic() < deadline, f"{wanted!r} does not come:\n{seen}"
            time.sleep(0.02)
        return seen

    def close(self) -> None:
        """End the shell and what runs in it."""
        subprocess.run(["tmux", "-S", str(self._socket), "kill-server"], env=self._env, check=False)
