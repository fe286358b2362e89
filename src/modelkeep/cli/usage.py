"""Usage errors in our own words, with the line that was likely meant: exit 2.

Typer exports none of its error classes, so its errors are told apart by their names and attributes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import typer

from modelkeep.cli import command_table
from modelkeep.cli.name_selector import with_version
from modelkeep.cli.options import Flags
from modelkeep.cli.typed_line import Accepted, TypedLine, hint_line, model_name, placeholder
from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError

_MOST_DIGITS = 9
#: How many words `check run` takes before the program that it runs.
_BEFORE_PROGRAM = 2


def closest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known word that is closest to a word, None where none is as close as ``likeness``, of 1."""
    from difflib import get_close_matches

    found = get_close_matches(word.lower(), list(known), n=1, cutoff=likeness)
    return found[0] if found else None


def choice(value: str, option: str, allowed: Sequence[str], line: str | None = None) -> str:
    """Return a value that is allowed, else raise ``UsageError`` with the closest.

    For an argument, ``line`` is the command line up to it, which the hint repeats.
    """
    if value in allowed:
        return value
    message = f"{option} cannot be '{printable(value)}'"
    likely = closest(value, allowed)
    if line is None:
        raise UsageError(message, f"{option} {likely or '|'.join(allowed)}")
    others = [each for each in allowed if each != (likely or allowed[0])]
    remark = f"        (or {', '.join(others)})" if others and likely is None else ""
    raise UsageError(message, f"{printable(line)} {likely or allowed[0]}{remark}")


#: What begins as an option does and is none: a number or several words.
_TEXT = pattern(r"-(\d|\S*\s)")
#: The formats whose lines or records -0 ends, beside templates.
_ENDED_BY_NUL = ("lines", "jsonl", "env")


def check_forms(flags: Flags, formats: Sequence[str], answers: Sequence[str] = ()) -> None:
    """Refuse a form of the answer, or of progress, that there is not, and two forms at once: before anything is done."""
    if flags.github_output:
        from modelkeep.cli.github_output import require_file

        require_file()
    choice(flags.progress or "auto", "--progress", ("auto", "plain", "none"))
    form = flags.format or formats[0]
    if flags.json and flags.format not in {None, "json"}:
        message = f"--json and --format '{printable(form)}' ask for different answers"
        raise UsageError(message, "leave one of them out")
    asked = "json" if flags.json else flags.format
    if flags.null and asked not in {None, *_ENDED_BY_NUL} and "{" not in str(asked):
        message = f"-0 ends lines and records, and {printable(str(asked))} has an end of its own"
        raise UsageError(message, "-0 --format jsonl        (or lines, env or a template)")
    if "{" not in form:
        choice(form, "--format", formats)
        return
    from modelkeep.cli.record_formats import Writer, check_fields

    Writer(form)
    if answers:
        check_fields(form, answers)


def positive_number(value: str | None, option: str) -> int | None:
    """Return the value of an option as a whole number from 1, None where it was not typed; else ``UsageError``."""
    if value is None:
        return None
    if value.isascii() and value.isdigit() and 0 < len(value) <= _MOST_DIGITS and int(value) > 0:
        return int(value)
    message = f"{option} cannot be '{printable(value)}'"
    raise UsageError(message, f"{option} takes a whole number, 1 or more")


def refuse_second_data(command: str, line: TypedLine) -> None:
    """Refuse ``--on a --on b``: metrics are measured on one dataset, and the first would be dropped in silence."""
    first, *others = line.values("--on")
    shown = " and ".join(f"'{printable(each)}'" for each in (first, *others))
    message = f"--on was given {len(others) + 1} times: {shown}; the metrics of one line are measured on one dataset"
    raise UsageError(message, f"modelkeep {command} --help")


def require_separator(line: TypedLine) -> None:
    """Require ``--`` before the program of `check run`: an option that both have, as ``-n``, would be ours."""
    if len(line.places) == _BEFORE_PROGRAM and not {"-h", "--help"} & set(line.tokens):
        message = "check run needs a program behind --"
        tokens = [each for each in line.tokens if each != "--"]
        raise UsageError(message, hint_line(["check", "run", *tokens, "--", "picklescan", "-p", "{}"]))
    if len(line.places) <= _BEFORE_PROGRAM:
        return
    at = line.places[_BEFORE_PROGRAM]
    if "--" not in line.tokens[:at]:
        tokens = [each for place, each in enumerate(line.tokens) if each != "--" or place < at]
        message = "check run takes the program behind --, so that its options are its own"
        raise UsageError(message, hint_line(["check", "run", *tokens[:at], "--", *tokens[at:]]))


def from_typer(
    error: typer.TyperException, arguments: Sequence[str], found: tuple[Sequence[str], Any, int], accepted: Accepted
) -> UsageError:
    """Return an error of Typer's as one of ours, whose hint is the command line that was likely meant.

    ``found`` are the words of the command line that name its command, the command, and where its arguments begin.
    """
    names, built, start = found
    command = " ".join(["modelkeep", *names])
    line = TypedLine(built.params, arguments[start:])
    option = getattr(error, "option_name", None)
    kind = type(error).__name__
    text = error.format_message().rstrip(".")
    if kind == "NoSuchOption" and option:
        return _no_such_option(command, arguments, option, found, accepted)
    if kind == "MissingParameter" and line.arguments:
        return _too_few(command, names, built, line)
    if kind == "BadOptionUsage" and option:
        if text.endswith("does not take a value"):
            tokens = [option if token.startswith(f"{option}=") else token for token in arguments]
            return UsageError(f"{printable(option)} takes no value", hint_line(tokens))
        metavar = placeholder(line.options[option]) if option in line.options else ""
        return UsageError(
            f"{printable(option)} needs a value", _accepted_or_help([*arguments, metavar], names, accepted)
        )
    if text.startswith("Got unexpected extra argument") and line.takes is not None:
        return _too_many(command, names, line, line.takes)
    return UsageError(text[:1].lower() + text[1:], f"{command} --help")


def _no_such_option(
    command: str, arguments: Sequence[str], option: str, found: tuple[Sequence[str], Any, int], accepted: Accepted
) -> UsageError:
    """Return the error for an option that there is not; a text that begins as one belongs behind ``--``."""
    names, built, start = found
    places = TypedLine(built.params, arguments[start:]).arguments
    text = next((each for each in arguments if each.startswith(option) and _TEXT.match(each)), None)
    if text is not None and places and placeholder(places[-1]) == "TEXT":
        meant = accepted([*(each for each in arguments if each != text), "--", text])
        if meant:
            return UsageError(f"'{printable(text)}' begins as an option does", hint_line(meant))
    hint = _with_known_options(arguments, names, accepted)
    return UsageError(f"{command} has no option '{printable(option)}'", hint)


def _too_few(command: str, names: Sequence[str], built: Any, line: TypedLine) -> UsageError:
    """Return the error for an argument that is missing; a path alone lacks the name before it."""
    if command == "modelkeep register" and line.words and os.path.exists(line.words[0]):
        path = line.words[0]
        hint = hint_line([*names, *line.with_words([model_name(path), path])])
        return UsageError(f"{command} needs NAME before '{printable(path)}'", hint)
    missing = line.arguments[len(line.words) :] or line.arguments[-1:]
    return UsageError(f"{command} needs {_name(missing[0]).rstrip('.')}", _with_missing(names, built, line))


def _too_many(command: str, names: Sequence[str], line: TypedLine, takes: int) -> UsageError:
    """Return the error for more words than a command takes: a text that was not quoted, metrics, or words too many."""
    if line.arguments and _name(line.arguments[-1]) == "TEXT":
        words = [*line.words[: takes - 1], " ".join(line.words[takes - 1 :])]
        return UsageError(f"{command} takes its text in quotes", hint_line([*names, *line.with_words(words)]))
    extra, kept = line.words[takes:], _first_words(line)
    if "--metric" in line.options and all("=" in word for word in extra):
        kept += [token for word in extra for token in ("-M", word)]
    return UsageError(f"{command} does not take '{printable(' '.join(extra))}'", hint_line([*names, *kept]))


def _with_known_options(arguments: Sequence[str], names: Sequence[str], accepted: Accepted) -> str:
    """Return the line with the options that were meant; those typed before the command stand behind it."""
    known = {name for row in command_table.COMMANDS for name in (row.name, *row.aliases)}
    first = next((at for at, word in enumerate(arguments) if word in known), 0)
    return _accepted_or_help([*arguments[first:], *arguments[:first]], names or arguments[first : first + 1], accepted)


def _accepted_or_help(tokens: Sequence[str], names: Sequence[str], accepted: Accepted) -> str:
    return hint_line(accepted(tokens) or [*(name for name in names if not name.startswith("-")), "--help"])


def _with_missing(names: Sequence[str], built: Any, line: TypedLine) -> str:
    """Return the line with a word in capitals for each argument that is missing; an example where nothing was typed."""
    if not line.words and (example := built.row.examples[0]).startswith("modelkeep "):
        return str(example)
    missing = [placeholder(each) for each in line.arguments[len(line.words) :] if each.required]
    given = TypedLine(built.params, line.with_words([*line.words, *missing]))
    return hint_line([*names, *with_version(names[-1], given)])


def _first_words(line: TypedLine) -> list[str]:
    return line.with_words(line.words[: line.takes])


def usage_line(context: Any) -> str:
    """Return how a command is typed: ``modelkeep promote REF STAGE [OPTIONS]``."""
    if context is None:
        return "modelkeep --help"
    pieces = [_argument(parameter) for parameter in context.command.params if parameter.param_type_name == "argument"]
    return " ".join([_path(context), *pieces, "[OPTIONS]"])


def _argument(parameter: Any) -> str:
    name = _name(parameter)
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _name(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _path(context: Any) -> str:
    """Return the words that call the command of a context."""
    words: list[str] = []
    while context is not None:
        words.insert(0, context.info_name or "")
        context = context.parent
    return " ".join(words) or "modelkeep"
