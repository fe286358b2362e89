"""The pager: what is longer than the window is read in ``less``, as git does it.

``q`` and ^C belong to the pager while it runs. The command goes on when the pager has ended, with its notes on stderr.
"""

from __future__ import annotations

import os
import signal
import sys

from modelkeep.cli import streams
from modelkeep.domain.text import pattern

#: Options of ``less`` and ``lv`` where the user sets none: colours as they are, and the text stays on the screen.
_OPTIONS = {"LESS": "FRX", "LV": "-c"}
_AT_END = {"LESS": "FRX+G"}
#: Whether options of ``less`` take colours as they are.
_TAKES_COLOURS = pattern(r"(?i)(^|\s)(-?[a-z]*r|--raw-control-chars)")
#: How a pager ends that a person has left, also by ^C. Any other code is that of one that showed nothing, or not all.
_LEFT = (0, 2, 130)
_NONE = ("", "cat")


def is_wanted(text: str) -> bool:
    """Return whether a person is at a terminal whose window is too low for a text and the prompt below it."""
    if not (streams.is_terminal(sys.stdout) and streams.is_terminal(sys.stdin)) or os.environ.get("TERM") == "dumb":
        return False
    try:
        rows = os.get_terminal_size(sys.stdout.fileno()).lines
    except (OSError, ValueError):
        return False
    return 0 < rows <= text.count("\n")


def show(text: str, command: str, *, at_end: bool = False) -> bool:
    """Show a text in a pager; False where there is none, or it cannot be run or fails.

    ``command`` is a line for the shell, as that in ``PAGER`` is. ``at_end``: ``less`` opens at the end.
    """
    import shutil
    import subprocess

    if command.strip() in _NONE or (command == "less" and shutil.which(command) is None):
        return False
    data = text.encode(streams.encoding(sys.stdout), streams.STAND_IN)
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        # A function and not SIG_IGN, which the pager would inherit.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        environ = {**_OPTIONS, **(_AT_END if at_end else {}), **os.environ}
        if not _TAKES_COLOURS.search(environ["LESS"]):
            environ["LESS"] += " -R"
        with subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.PIPE, env=environ) as process:
            try:
                process.communicate(data)  # a pager that ends early is no error
            except BaseException:  # TERM or HUP
                process.terminate()
                raise
    except OSError:
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return process.returncode < 0 or process.returncode in _LEFT
