"""The entry point: completion is answered before anything is imported, else the app runs.

Here is the only ``except`` of the command line: what was refused becomes two lines on stderr and an
exit code, what nobody foresaw becomes exit 70, ^C 130, a reader that went away 141.
"""

import os
import sys

from modelkeep.errors import ModelkeepError

INTERRUPTED, BROKEN_PIPE, BUG = 130, 141, 70


def main() -> int:
    """Run the command that was typed and end the process with its exit code.

    Taking the interpreter down would cost another 10 ms: all is written, closed and flushed by now.
    With ``MODELKEEP_DEBUG`` the code is returned instead, for profilers.
    """
    code = answer()
    _let_go()
    if not os.environ.get("MODELKEEP_DEBUG"):
        os._exit(code)
    return code


def answer() -> int:
    """Run the command that was typed and return its exit code; what it prints may not be flushed yet."""
    if sys.argv[1:2] == ["__complete"]:
        from modelkeep.cli.complete import completion

        completion.main(sys.argv[3:])
        return 0
    _collect_garbage_rarely()
    _hold_standard_descriptors()
    arguments = sys.argv[1:]
    try:
        from modelkeep.cli import streams
        from modelkeep.cli.app import run

        streams.catch_signals()
        code = run(arguments)
        streams.flush()
    except ModelkeepError as error:
        code = _told(error, arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - a bug is told as one, never shown as a traceback
        code = _bug(error, arguments)
    return code


def _told(error: ModelkeepError, arguments: list[str]) -> int:
    """Say an error and return its exit code; a stderr that cannot be written changes nothing."""
    from modelkeep.cli import error_output

    try:  # noqa: SIM105 - contextlib would be loaded by completion
        error_output.write(error, arguments)
    except OSError:
        pass
    return error.exit_code


def _bug(error: Exception, arguments: list[str]) -> int:
    from modelkeep.cli import error_output

    return _told(error_output.bug(error), arguments)


def _collect_garbage_rarely() -> None:
    """Let no short command look for garbage: loading modules makes none, and it takes 5 ms."""
    import gc

    gc.set_threshold(100_000)


def _hold_standard_descriptors() -> None:
    """Open what of stdin, stdout and stderr is closed on the null device.

    Else the next file to be opened would get that number, and what is printed would go into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number is this one


def _let_go() -> None:
    """Flush what is left; what cannot be written is dropped, or the interpreter would say so at its end."""
    for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, descriptor)
            os.close(null)


if __name__ == "__main__":
    sys.exit(main())
