"""The entry point: it answers completion before anything else is imported, or runs the app.

The only ``except`` of the command line is here. A refusal becomes two lines on stderr and an exit
code, an unforeseen error exit 70, ^C 130, and a reader that went away 141.

What is imported before `main` runs is built into Python or a part of this package: see `_import_nothing_from_here`.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from modelkeep.errors import ModelkeepError

INTERRUPTED, BROKEN_PIPE = 130, 141
FEWEST_FILES = 64


def main() -> int:
    """Run the command line and end the process with its exit code.

    Everything is written and closed by then; taking the interpreter down would cost another 10 ms
    (docs/decisions/0006). With ``MODELKEEP_DEBUG`` the code is returned instead, for profilers.
    """
    _import_nothing_from_here()
    code = answer()
    if not os.environ.get("MODELKEEP_DEBUG"):
        os._exit(code)
    return code


def answer() -> int:
    """Run the command line and return its exit code."""
    if sys.argv[1:2] == ["__complete"]:
        from modelkeep.cli.complete import completion

        completion.main(sys.argv[3:])
        return 0
    from modelkeep.errors import ModelkeepError

    _open_closed_descriptors()
    _collect_garbage_rarely()
    arguments = sys.argv[1:]
    try:
        _require_files()
        from modelkeep.cli import streams
        from modelkeep.cli.app import run

        streams.catch_signals()
        code = run(arguments)
    except ModelkeepError as error:
        code = _report(error, arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - a bug is reported as one, without a traceback
        from modelkeep.cli import error_output

        code = _report(error_output.unforeseen(error), arguments)
    return code


def _report(error: "ModelkeepError", arguments: list[str]) -> int:
    """Print an error and return its exit code, also where stderr cannot be written."""
    from modelkeep.cli import error_output

    try:  # noqa: SIM105 - contextlib would be loaded by completion
        error_output.write(error, arguments)
    except OSError:
        pass
    return error.exit_code


def _import_nothing_from_here() -> None:
    """Take the current directory out of the places to import from: a stranger's may have a ``sqlite3.py``.

    ``python -m modelkeep`` puts it there, and so does an empty part of PYTHONPATH. What Python imports before it comes
    here may still be found there; only ``python -P`` prevents that.
    """
    try:
        here = os.getcwd()
    except OSError:  # it was removed
        here = ""
    sys.path[:] = [place for place in sys.path if place not in ("", here)]


def _open_closed_descriptors() -> None:
    """Open stdin, stdout and stderr on the null device where they are closed.

    Else the next file that is opened would get such a number, and what is printed would go into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one


def _require_files() -> None:
    """Let this process open the files that a command needs, or raise ``RegistryUnavailable``.

    Else the first part that misses one would say something about itself: of a backup, of a database.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not 0 <= soft < FEWEST_FILES:
        return
    if not 0 <= hard < FEWEST_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FEWEST_FILES, hard))
        return
    from modelkeep.errors import RegistryUnavailable

    message = f"a process may open {soft} files here, and a command may need {FEWEST_FILES}"
    raise RegistryUnavailable(message, f"ulimit -n {FEWEST_FILES}        (in a shell that may raise the limit)")


def _collect_garbage_rarely() -> None:
    """Let Python collect garbage rarely: imports make none, and with a million values from a file it takes a second."""
    import gc

    gc.set_threshold(100_000)
