"""Usage errors in our own words: the closest name, the usage line, exit 2.

Typer exports none of its error classes, so its errors are told apart by their names and attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import typer

from modelkeep.cli import command_table
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError

_MOST_DIGITS = 9


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is closest to a word, None where none is close."""
    from difflib import get_close_matches

    found = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def unknown_command(word: str, rest: Sequence[str], row: command_table.CommandRow | None = None) -> UsageError:
    """Return the error for an unknown command, with the one that was likely meant.

    ``rest`` is what was typed after it, ``row`` the group in which it was looked for.
    """
    group = f"{row.name} " if row else ""
    message = f"there is no command '{printable(group + word)}'"
    if row is None and word.lower() in {"help", "version"}:
        wanted = "--version" if word.lower() == "version" else " ".join([*rest[:1], "--help"])
        return UsageError(message, printable(f"modelkeep {wanted}"))
    if row is None and word.lower() == "restore":
        backup = printable(rest[0]) if rest else "BACKUP"
        return UsageError(
            message, f"modelkeep --registry {backup} backup DIR        (where the registry is to be again)"
        )
    known = [each.name for each in (row.commands if row else command_table.COMMANDS)]
    meant = None if row else command_table.FOREIGN.get(word.lower())
    meant = meant or closest(word, known)
    if meant is None:
        return UsageError(message, f"modelkeep {group}--help" if not row else f"{group}has {', '.join(known)}")
    from shlex import join

    likely = " or ".join(f"modelkeep {group}{join([*one.split(), *rest])}" for one in meant.split(" or "))
    return UsageError(message, printable(likely))


def choice(value: str, option: str, allowed: Sequence[str], line: str | None = None) -> str:
    """Return a value that is allowed, else raise ``UsageError`` with the closest.

    For an argument, ``line`` is the command line up to it, which the hint repeats.
    """
    if value in allowed:
        return value
    message = f"{option} cannot be '{printable(value)}'"
    raise UsageError(message, f"{printable(line or option)} {closest(value, allowed) or '|'.join(allowed)}")


def positive_number(value: str | None, option: str) -> int | None:
    """Return the value of an option as a whole number from 1, None where it was not typed; else ``UsageError``."""
    if value is None:
        return None
    if value.isascii() and value.isdigit() and 0 < len(value) <= _MOST_DIGITS and int(value) > 0:
        return int(value)
    message = f"{option} cannot be '{printable(value)}'"
    raise UsageError(message, f"{option} takes a whole number, 1 or more")


def from_typer(error: typer.TyperException, arguments: Sequence[str] = ()) -> UsageError:
    """Return an error of Typer's as one of ours.

    ``arguments`` is the command line, where the command is looked for if the error does not carry it.
    """
    context = getattr(error, "ctx", None)
    command = _path(context)
    known = {name for row in command_table.COMMANDS for name in (row.name, *row.aliases)}
    if context is None and (named := next((word for word in arguments if word in known), None)):
        command = f"{command} {named}"
    option = getattr(error, "option_name", None)
    kind = type(error).__name__
    if kind == "NoSuchOption" and option and context is not None:
        meant = _closest_option(option, [each for parameter in context.command.params for each in parameter.opts])
        return UsageError(f"{command} has no option '{printable(option)}'", meant or f"{command} --help")
    if kind == "MissingParameter" and (parameter := getattr(error, "param", None)) is not None:
        name = parameter.opts[-1] if parameter.param_type_name == "option" else _name(parameter)
        return UsageError(f"{command} needs {name.rstrip('.')}", usage_line(context))
    if kind == "BadOptionUsage" and option:
        return UsageError(f"{printable(option)} needs a value", f"{command} --help")
    text = error.format_message().rstrip(".")
    if text.startswith("Got unexpected extra argument"):
        extra = text.removeprefix("Got unexpected extra argument(s) (") if "(s)" in text else text.partition("(")[2]
        return UsageError(f"{command} does not take '{printable(extra.rstrip(')'))}'", usage_line(context))
    return UsageError(text[:1].lower() + text[1:], f"{command} --help")


def _closest_option(typed: str, options: Sequence[str]) -> str | None:
    """Return the option that was likely meant; ``--force`` only where it was nearly typed."""
    names = [each[2:] for each in options if each.startswith("--")]  # the dashes would make all of them alike
    if not typed.lower().startswith("--f"):
        names = [each for each in names if each != "force"]
    meant = closest(typed.lstrip("-"), names)
    return f"--{meant}" if meant else None


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
