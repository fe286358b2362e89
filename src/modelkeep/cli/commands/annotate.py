"""`tag`, `alias`, `label`, `describe`, `note`, `rename` and `supplement`: annotations of models and versions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from shlex import quote
from typing import Annotated

from typer import Argument, Option

from modelkeep.cli import streams
from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES
from modelkeep.cli.typed_line import refusal
from modelkeep.cli.views.changes import ChangeView
from modelkeep.cli.views.values import DescriptionView
from modelkeep.domain.labels import is_label
from modelkeep.domain.stages import is_word
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError

_LONGEST_TEXT = 1 << 20

ModelOrVersion = Annotated[str, Argument(metavar="REF", help="The model or the version.")]
TwoWords = Annotated[str, Argument(metavar="REF", help="The model; or the version: fraud@4 or fraud 4.")]


@command(*CHANGES, answers=("change",))
def tag(
    call: Call,
    ref: TwoWords,
    words: Annotated[list[str], Argument(metavar="K=V...", help="Tags to set; K- removes one.")],
) -> None:
    from modelkeep.registry import read_pairs

    values = read_pairs([word for word in words if "=" in word], (), "tag")
    removed = _removed_keys(ref, [word for word in words if "=" not in word])
    call.show(ChangeView(call.registry().tag(ref, values, remove=removed, **call.change_flags)))


@command(*CHANGES, "expect", answers=("change",))
def alias(
    call: Call,
    ref: TwoWords,
    names: Annotated[
        list[str], Argument(metavar="ALIAS...", help="Aliases to point at the version; ALIAS- removes one.")
    ],
) -> None:
    if len(names) == 1 and is_label(names[0]) and "@" in ref:
        message = f"'{names[0]}' reads as a label, which a version is given once, and not as an alias"
        raise refusal(message, ["label", ref, names[0]])
    added = [name for name in names if not name.endswith("-")]
    removed = [name[:-1] for name in names if name.endswith("-")]
    call.show(ChangeView(call.registry().alias(ref, added, remove=removed, **call.expect_flags)))


@command(*CHANGES, answers=("change",))
def label(
    call: Call,
    ref: Annotated[str, Argument(metavar="REF", help="The version: fraud@4 or fraud 4, not only fraud.")],
    label: Annotated[str, Argument(metavar="LABEL", help="Its label, as 1.2.0: it begins with a digit.")],
) -> None:
    """Give a version its label, once."""
    if is_word(label) and "@" in ref:
        message = f"'{label}' does not begin with a digit, as labels do: a name for a version is an alias"
        raise refusal(message, ["alias", ref, label])
    call.show(ChangeView(call.registry().label(ref, label, **call.change_flags)))


@command(*CHANGES, answers=("change", "description"))
def describe(
    call: Call,
    ref: ModelOrVersion,
    text: Annotated[str | None, Argument(metavar="TEXT", help="What it is; - reads it from standard input.")] = None,
) -> None:
    registry = call.registry()
    if text is None:
        found = registry.description(ref)
        call.show(DescriptionView(ref, found), nothing=None if found else lambda: f"{ref} has no description")
        return
    call.show(ChangeView(registry.describe(ref, _text(text), **call.change_flags)))


@command(*CHANGES, answers=("change",))
def note(
    call: Call,
    ref: ModelOrVersion,
    text: Annotated[str, Argument(metavar="TEXT", help="The note; - reads it from standard input.")],
) -> None:
    call.show(ChangeView(call.registry().note(ref, _text(text), **call.change_flags)))


@command(*CHANGES, answers=("change",))
def rename(
    call: Call,
    name: Annotated[str, Argument(metavar="NAME", help="The model.")],
    new: Annotated[str, Argument(metavar="NEW", help="The new name, which no model may have had.")],
) -> None:
    call.show(ChangeView(call.registry().rename(name, new, **call.change_flags)))


@command(*CHANGES, answers=("change",))
def supplement(
    call: Call,
    ref: Annotated[str, Argument(metavar="REF", help="The version: fraud@4 or fraud 4.")],
    licence: Annotated[
        str | None, Option("--licence", metavar="SPDX", help="The licence: Apache-2.0, MIT OR GPL-3.0-only.")
    ] = None,
    signature: Annotated[
        str | None,
        Option("--signature", metavar="FILE", help="Its inputs and outputs, as JSON, or as MLflow writes them."),
    ] = None,
    inspect: Annotated[bool, Option("--inspect", help="Read its stored bytes, and record what is in them.")] = False,
    env: Annotated[
        str | None,
        Option(
            "--env",
            metavar="auto|FILE",
            help="Its Python environment: the activated one, a requirements.txt, a lock file or an export of conda.",
        ),
    ] = None,
    attach: Annotated[
        list[str] | None,
        Option(
            "--attach", metavar="diff|FILE", help="The uncommitted changes of this directory's work tree, or a file."
        ),
    ] = None,
) -> None:
    """Add facts to a version that exists."""
    found = call.registry().supplement(
        ref,
        licence=licence,
        signature=signature,
        inspect=inspect,
        env=env,
        attach=attach or (),
        **call.change_flags,
    )
    call.show(ChangeView(found))


def _removed_keys(ref: str, words: Sequence[str]) -> list[str]:
    """Return the keys of ``K-``; a word that neither sets nor removes a tag raises ``UsageError``."""
    for word in words:
        if not word.endswith("-") or word == "-":
            message = f"tag '{printable(word)}' has no value"
            if len(words) == 2 and "-" not in {word[:1] for word in words} | {word[-1:] for word in words}:
                raise refusal(message, ["tag", ref, "=".join(words)])
            hint = "K=V sets a tag, K- takes it off"
            if not word.startswith("-"):
                hint = f"modelkeep tag {quote(ref)} {quote(f'{word}=TEXT')}        (or, to take it off, {word}-)"
            raise UsageError(message, printable(hint))
    return [word[:-1] for word in words]


def _text(given: str) -> str:
    """Return the text of an argument; ``-`` is all of standard input."""
    if given != "-":
        return given
    if sys.stdin is None or streams.is_terminal(sys.stdin):
        message = "nothing is piped into standard input"
        raise UsageError(message, "give the text as an argument")
    data = sys.stdin.buffer.read(_LONGEST_TEXT + 1)
    if len(data) > _LONGEST_TEXT:
        message = "standard input is longer than 1 MiB"
        raise UsageError(message, "put it in a file of the artifact")
    try:
        return data.decode().rstrip("\n")
    except UnicodeDecodeError as error:
        message = f"standard input is not UTF-8: {error}"
        raise UsageError(message, "give the text as UTF-8") from error
