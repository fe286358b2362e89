"""The three streams of a process: what they are, what they can carry, how they end.

stdout carries the answer, stderr all else. What an encoding lacks gets an ASCII stand-in; JSON is
always UTF-8. An answer that cannot be written is an error, a reader that went away is not.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import signal
import sys
from collections.abc import Callable
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
}
_NARROWEST, _USUAL = 20, 80


def stand_in(error: UnicodeError) -> tuple[str, int]:
    r"""Return ASCII for what an encoding lacks: ``->`` for an arrow, ``\u20ac`` for what has no such form."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    plain = "".join(_STAND_INS.get(each) or each.encode("ascii", "backslashreplace").decode() for each in lacking)
    return plain, error.end


codecs.register_error("modelkeep", stand_in)


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether somebody sits there; a closed stream is nobody."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def encoding(stream: TextIO | None) -> str:
    """Return the encoding of a stream; on a terminal the locale ``C`` means ASCII.

    In a pipe it does not: cron has that locale, and a name must come through as it is.
    """
    declared = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    if declared in {"C", "POSIX"} and is_terminal(stream) and not os.environ.get("PYTHONIOENCODING"):
        return "ascii"
    return getattr(stream, "encoding", None) or "utf-8"


def width(stream: TextIO | None) -> int:
    """Return how many characters fit on a line: ``COLUMNS``, else the window, else 80."""
    said = os.environ.get("COLUMNS", "")
    if said.isascii() and said.isdigit() and int(said) > 0:
        return max(_NARROWEST, int(said))
    try:
        columns = os.get_terminal_size(stream.fileno()).columns if stream is not None else 0
    except (OSError, ValueError):
        columns = 0
    return max(_NARROWEST, columns) if columns else _USUAL


def out(text: str, *, utf8: bool = False) -> None:
    """Write to stdout; what cannot be written raises ``PartlyDone``, a broken pipe itself."""
    if text:
        errors = "backslashreplace" if utf8 else "modelkeep"
        out_bytes(text.encode("utf-8" if utf8 else encoding(sys.stdout), errors))


def out_bytes(data: bytes) -> None:
    """Write bytes to stdout, as they are and at once: notes stand below the answer, also in a log of both."""
    if sys.stdout is None:
        raise _unwritten(os.strerror(errno.EBADF))
    rest = memoryview(data)

    def write() -> None:
        nonlocal rest
        while rest:
            # Unbuffered, a write takes only what fits; and nothing where it would have to wait.
            if not (written := sys.stdout.buffer.write(rest)):
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            rest = rest[written:]

    _writing(write)
    flush()


def err(text: str) -> None:
    """Write to stderr; where there is none, or its disk is full, nobody is told: the answer is elsewhere."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.buffer.write(text.encode(encoding(sys.stderr), "modelkeep"))
        sys.stderr.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError:
        pass


def flush() -> None:
    """See the answer off, so that a full disk is found while it can still be told."""
    if sys.stdout is not None:
        _writing(sys.stdout.flush)


def colored(stream: TextIO | None, choice: str = "auto") -> bool:
    """Say whether colours go there: ``always`` or ``never`` as chosen, else on a terminal that has them."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return os.environ.get("FORCE_COLOR", "0") not in {"", "0"} or is_terminal(stream)


def catch_signals() -> None:
    """Turn the first ^C, TERM and HUP into exceptions that clean up; the second ends at once.

    What was ignored from the start (``nohup``, a job in the background) stays ignored.
    """

    def interrupted(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupted)


def _writing(write: Callable[[], object]) -> None:
    try:
        write()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritten(error.strerror or str(error)) from error


def _unwritten(why: str) -> PartlyDone:
    message = f"the answer could not be written to standard output: {why}"
    return PartlyDone(message, "what the command does was done, its answer is lost: look with modelkeep status")


class Answer(io.RawIOBase):
    """stdout as a file of bytes, whose errors are told as those of the answer."""

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any, /) -> int:
        """Write bytes to stdout."""
        out_bytes(data)
        return len(data)
