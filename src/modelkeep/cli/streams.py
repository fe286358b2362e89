"""stdin, stdout and stderr of the process: terminals, encodings, failed writes and signals.

stdout carries the answer, stderr everything else. A character that the encoding lacks gets an ASCII
stand-in; JSON is always UTF-8. An answer that cannot be written is an error, a closed pipe is not.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import signal
import sys
from types import FrameType
from typing import Any, TextIO

from modelkeep.errors import PartlyDone

_STAND_INS = {
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{BOX DRAWINGS LIGHT HORIZONTAL}": "-",
    "\N{BOX DRAWINGS LIGHT VERTICAL}": "|",
    "\N{BOX DRAWINGS LIGHT VERTICAL AND RIGHT}": "+",
    "\N{BOX DRAWINGS LIGHT UP AND RIGHT}": "`",
    # Sparklines and bars, from the lowest to the highest.
    **dict(zip("▁▂▃▄▅▆▇█", "_:-=+*%#", strict=True)),
    "\N{MIDDLE DOT}": ".",
}
_NARROWEST, _USUAL = 20, 80


def stand_in(error: UnicodeError) -> tuple[str, int]:
    r"""Return ASCII for characters that an encoding lacks: ``->`` for an arrow, ``\u20ac`` where there is no such form."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    plain = "".join(_STAND_INS.get(each) or each.encode("ascii", "backslashreplace").decode() for each in lacking)
    return plain, error.end


#: The name of the handler `stand_in`.
STAND_IN = "modelkeep"
codecs.register_error(STAND_IN, stand_in)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal; a closed one is not."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def encoding(stream: TextIO | None) -> str:
    """Return the encoding of a stream; on a terminal the locale ``C`` means ASCII.

    In a pipe it means nothing: cron runs with that locale, and names must be written as they are.
    """
    declared = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    if declared in {"C", "POSIX"} and is_terminal(stream) and not os.environ.get("PYTHONIOENCODING"):
        return "ascii"
    return getattr(stream, "encoding", None) or "utf-8"


def width(stream: TextIO | None) -> int:
    """Return how many characters fit on a line: ``COLUMNS``, else the window, else 80."""
    variable = os.environ.get("COLUMNS", "")
    if variable.isascii() and variable.isdigit() and int(variable) > 0:
        return max(_NARROWEST, int(variable))
    try:
        columns = os.get_terminal_size(stream.fileno()).columns if stream is not None else 0
    except (OSError, ValueError):
        columns = 0
    return max(_NARROWEST, columns) if columns else _USUAL


def out(text: str, *, utf8: bool = False) -> None:
    """Write text to stdout; a failed write raises ``PartlyDone``, a closed pipe ``BrokenPipeError``."""
    if text:
        errors = "backslashreplace" if utf8 else STAND_IN
        out_bytes(text.encode("utf-8" if utf8 else encoding(sys.stdout), errors))


_LOST = "the command did its work, but its answer is lost: look with modelkeep status"


def out_bytes(data: bytes, hint: str = _LOST) -> None:
    """Write bytes to stdout and flush them, so that notes stand below the answer in a log of both streams."""
    try:
        _write_all(data)
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"the answer could not be written to standard output: {error.strerror or error}"
        raise PartlyDone(message, hint) from error


def _write_all(data: bytes) -> None:
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    rest = memoryview(data)
    while rest:
        # Unbuffered, a write takes only what fits; and nothing where it would have to wait.
        if not (written := sys.stdout.buffer.write(rest)):
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        rest = rest[written:]
    sys.stdout.buffer.flush()


def err(text: str) -> None:
    """Write text to stderr. Where that fails the text is dropped, for the answer is on stdout."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.buffer.write(text.encode(encoding(sys.stderr), STAND_IN))
        sys.stderr.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError:
        pass


def colored(stream: TextIO | None, choice: str = "auto") -> bool:
    """Return whether a stream gets colours: ``always`` or ``never`` as chosen, else on a terminal that has them."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return os.environ.get("FORCE_COLOR", "0") not in {"", "0"} or is_terminal(stream)


def catch_signals() -> None:
    """Turn the first ^C, TERM and HUP into an exception, so that work is cleaned up; the second ends the process.

    A signal that is ignored from the start (``nohup``, a background job) stays ignored.
    """

    def interrupted(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupted)


class BinaryStdout(io.RawIOBase):
    """stdout as a binary file; a failed write raises ``PartlyDone`` as for every answer."""

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def write(self, data: Any, /) -> int:
        """Write bytes to stdout."""
        out_bytes(data, "df -h .        (what was written is not the whole artifact: get it again)")
        return len(data)
