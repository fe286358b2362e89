"""``NAME SELECTOR`` as two words, and words in the wrong order: the one place that knows where they are understood.

``show churn 2`` is ``show churn@2``. Two words are joined only where exactly one word more is typed than the command
takes, or where they can mean nothing else. Everywhere else the line that was meant is the hint of a ``UsageError``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelkeep.cli.typed_line import TypedLine, hint_line, placeholder, refusal
from modelkeep.domain.names import is_imported_name
from modelkeep.domain.refs import is_fixed, is_selector, is_version
from modelkeep.domain.stages import DEFAULT_STAGES, resolve_stage
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound, UsageError

if TYPE_CHECKING:
    from modelkeep.cli.call import Call

#: Commands that join the first two words where one more is typed than they take.
JOINING = frozenset(
    {
        "show",
        "get",
        "promote",
        "retire",
        "label",
        "mark",
        "evaluate",
        "path",
        "approve",
        "reject",
        "requests",
        "supplement",
    }
)
#: Those of them that take no model.
_OF_VERSIONS = JOINING - {"show", "retire", "requests"}
#: Commands whose second and later words may follow without limit: a number or a label among them is a selector.
_WITH_MANY_REFS = frozenset({"archive", "delete", "verify"})
#: Commands that take a model, each with the command for what was meant.
_OF_MODELS = {"list": "show", "history": "show", "rename": "rename"}
#: Commands whose first word is the reference: one in the second place stands in the wrong order.
_REF_FIRST = frozenset({"get", "promote", "retire", "label", "mark", "alias", "tag", "rollback"})
_WITH_TEXT = frozenset({"describe", "note"})
_MARKS = ("bad", "good")


def understood(command: str, line: TypedLine) -> list[str]:
    """Return the tokens of a command line with ``NAME SELECTOR`` joined; ``UsageError`` where another line was meant."""
    words = line.words
    if command == "rollback":
        _refuse_return_to(line)
    if len(words) < 2 or "@" in words[0] or not line.is_known:
        return line.tokens
    _refuse_wrong_order(command, line)
    if command in _WITH_MANY_REFS:
        _refuse_numbers_among_refs(command, line)
        return line.tokens
    if not is_imported_name(words[0]) or not is_selector(words[1]):
        return line.tokens
    joined = line.with_words([f"{words[0]}@{words[1]}", *words[2:]])
    if command == "tag":
        joins = len(words) > 2 and "=" not in words[1] and not words[1].endswith("-")
    elif command == "alias":
        joins = len(words) > 2 and is_fixed(words[1])
    else:
        joins = command in JOINING and len(words) - 1 == line.takes
    if joins:
        return joined
    _refuse_two_words(command, line, joined)
    return line.tokens


def with_version(command: str, line: TypedLine) -> list[str]:
    """Return the tokens of a hint with the latest version of a model, where the command takes no bare NAME."""
    words = line.words
    return line.with_words(_with_version(command, words)) if len(words) == line.takes else line.tokens


def _with_version(command: str, words: Sequence[str]) -> list[str]:
    if command not in _OF_VERSIONS or "@" in words[0] or not is_imported_name(words[0]):
        return list(words)
    return [f"{words[0]}@latest", *words[1:]]


def _refuse_wrong_order(command: str, line: TypedLine) -> None:
    """Refuse ``promote production churn@2``, ``mark bad s``, ``retire production churn 2`` and ``alias churn best 2``."""
    first, second, *rest = line.words
    is_text = command in _WITH_TEXT and not is_imported_name(first.replace(" ", "@"))
    if (command in _REF_FIRST or is_text) and is_version(second):
        words = [second, first, *rest]
    elif command == "mark" and first in _MARKS and second not in _MARKS and not rest:
        words = _with_version(command, [second, first])
    elif (
        command in {"promote", "retire"}
        and len(rest) == 1
        and is_fixed(rest[0])
        and resolve_stage(second, DEFAULT_STAGES)
    ):
        message = f"{command} takes the version as one word, or its number behind the name"
        raise refusal(message, [command, *line.with_words([f"{first}@{rest[0]}", second])])
    elif command in {"promote", "retire", "mark"} and len(rest) == 1 and is_fixed(rest[0]) and not is_fixed(second):
        words, second = [f"{second}@{rest[0]}", first], f"{second} {rest[0]}"
    elif command == "alias" and len(rest) == 1 and is_fixed(rest[0]) and not is_fixed(second):
        words, first, second = [f"{first}@{rest[0]}", second], second, f"{first} {rest[0]}"
    else:
        return
    message = f"{command} takes the version first: '{printable(second)}', then '{printable(first)}'"
    raise refusal(message, [command, *line.with_words(words)])


def _refuse_numbers_among_refs(command: str, line: TypedLine) -> None:
    """Refuse ``delete churn 2 3``: the versions would be taken for models, and with --all-versions churn would go."""
    meant: list[str] = []
    name, wrong = "", ""
    for word in line.words:
        if not name or not is_fixed(word):
            name = word if "@" not in word and is_imported_name(word) else ""
            meant.append(word)
        else:
            wrong = wrong or f"{name} {word}"
            if meant[-1] == name:
                meant.pop()
            meant.append(f"{name}@{word}")
    if wrong:
        tokens = [typed for typed in line.with_words(meant) if typed != "--all-versions"]
        message = f"{command} takes each version as one word, not '{printable(wrong)}'"
        raise refusal(message, [command, *tokens])


def _refuse_return_to(line: TypedLine) -> None:
    """Refuse ``rollback churn 2``, which can mean to return to version 2 or to leave it, and ``rollback churn@3 2``."""
    first, *rest = line.words or [""]
    versions = [word for word in rest if is_fixed(word)]
    if len(versions) != 1 or not line.is_known or "--" in line.tokens or line.values("--to"):
        return
    (version,) = versions
    others = [word for word in rest if word != version]
    back = hint_line(["rollback", *line.with_words([first, *others]), "--to", version])
    if "@" not in first and rest[0] == version:
        leave = hint_line(["rollback", *line.with_words([f"{first}@{version}", *others])])
        back = f"{back}        (return to {version})\n{leave}        (leave {version})"
    message = f"rollback takes the version to return to after --to, not '{printable(' '.join(line.words))}'"
    raise UsageError(message, back)


def _refuse_two_words(command: str, line: TypedLine, joined: Sequence[str]) -> None:
    """Refuse a selector that is a word of its own, where the command does not join it or a word is missing."""
    words, takes = line.words, line.takes
    message = f"{command} takes a version as one word, not '{printable(f'{words[0]} {words[1]}')}'"
    if takes is not None and len(words) == takes + 1:
        if (other := _OF_MODELS.get(command)) is None:
            raise refusal(message, [*command.split(), *joined])
        message = f"{command} takes a model, and no version of it: '{printable(f'{words[0]} {words[1]}')}'"
        raise refusal(message, [other, f"{words[0]}@{words[1]}"] if other == "show" else [other, words[0], *words[2:]])
    if not is_fixed(words[1]):
        return
    if command == "history":
        message = f"'{printable(words[1])}' is the version of a model, and no stage"
        raise refusal(message, ["show", f"{words[0]}@{words[1]}"])
    if command == "describe":
        raise refusal(message, [command, *joined])
    last = line.arguments[-1] if line.arguments else None
    if last is not None and command in {*JOINING, "note", "tag", "alias"} and len(words) == (takes or len(words)):
        if command != "note":
            message = f"modelkeep {command} needs {str(last.metavar).rstrip('.')}"
        raise refusal(message, [command, *joined, placeholder(last)])


@contextmanager
def stage_second(call: Call, command: str, name: str | None, stage: str | None) -> Iterator[None]:
    """Answer ``retire production churn`` with the line that was meant, where no model has the stage's name."""
    try:
        yield
    except NotFound:
        if name is None or stage is None or not _is_stage(call, name) or _is_stage(call, stage):
            raise
        message = f"'{printable(name)}' is a stage, and the model comes before it"
        raise refusal(message, [command, *_with_version(command, [stage, name])]) from None


def _is_stage(call: Call, word: str) -> bool:
    return resolve_stage(word, call.registry().stages()) is not None


#: Tells whether a word is a stage or an alias of the first model, and whether a model bears it as its name.
Asking = Callable[[str], tuple[bool, bool]]


def refs_to_compare(words: Sequence[str], ask: Asking) -> list[str]:
    """Return the references that `diff` compares: ``fraud 3 4`` and ``fraud@3 @4`` are fraud@3 and fraud@4.

    After a first word without ``@``, a number or label is a version of that model, and so is a stage or alias of it. A
    word that is that and also the name of a model raises ``UsageError``; any other word is a reference by itself.
    """
    if not words:
        message = "diff needs versions"
        raise UsageError(
            message, "modelkeep diff fraud 3 4        (or one, against production: modelkeep diff fraud@4)"
        )
    first, rest = words[0], list(words[1:])
    if first.startswith("@"):
        message = f"'{printable(first)}' is a version of which model?"
        raise UsageError(message, printable(f"modelkeep diff NAME{first}"))
    name, at, _ = first.partition("@")
    if not rest or first.startswith(("sha256:", "models:/")):
        return [first, *map(_whole, rest)]
    if at:
        return [first, *(f"{name}{word}" if word.startswith("@") else word for word in rest)]
    refs = [_compared(name, word, ask) for word in rest]
    return [ref for ref, _ in refs] if any(joined for _, joined in refs) else [first, *(ref for ref, _ in refs)]


def _compared(name: str, word: str, ask: Asking) -> tuple[str, bool]:
    """Return the reference that a further word of `diff` is, and whether it is a version of the first word's model."""
    if word.startswith("@"):
        return name + word, True
    if not is_selector(word):
        return word, False
    of_model, is_model = (True, False) if is_fixed(word) or word.lower() == "latest" else ask(word)
    if of_model and is_model:
        message = f"'{printable(word)}' is a version of {printable(name)}, and a model too"
        raise refusal(message, ["diff", f"{name}@{word}"])
    return (word, False) if is_model else (f"{name}@{word}", True)


def _whole(word: str) -> str:
    """Return a word that is a whole reference; ``UsageError`` for ``@SELECTOR``: the digest before it has no name."""
    if not word.startswith("@"):
        return word
    message = f"'{printable(word)}' is a version of which model? a digest has no name"
    raise UsageError(message, printable(f"NAME{word}"))
