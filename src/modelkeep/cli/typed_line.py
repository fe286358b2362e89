"""A command line as it was typed: which of its tokens are words, and how it looks with some of them replaced."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from modelkeep.domain.text import shell_word
from modelkeep.errors import UsageError

#: Returns the line that the parser accepts: this one, or with the options of other tools translated; None for none.
Accepted: TypeAlias = Callable[[Sequence[str]], "list[str] | None"]


class TypedLine:
    """The tokens after a command's name. ``places`` says which of them are words: neither options nor their values."""

    def __init__(self, parameters: Sequence[Any], tokens: Sequence[str]) -> None:
        self.tokens = list(tokens)
        self.arguments = [each for each in parameters if each.param_type_name == "argument"]
        self.options = {name: each for each in parameters if each.param_type_name == "option" for name in each.opts}
        self.places = list(self._places())

    @property
    def words(self) -> list[str]:
        """The words, in their order."""
        return [self.tokens[place] for place in self.places]

    @property
    def takes(self) -> int | None:
        """How many words the command takes at most; None where the last one may be repeated."""
        return None if any(each.nargs == -1 for each in self.arguments) else len(self.arguments)

    def with_words(self, words: Sequence[str]) -> list[str]:
        """Return the tokens with other words: as many in the places of the old ones as there are, the others behind them."""
        replaced = dict(zip(self.places, words, strict=False))
        tokens: list[str] = []
        for place, typed in enumerate(self.tokens):
            if place in replaced or place not in self.places:
                tokens.append(replaced.get(place, typed))
            if self.places and place == self.places[-1]:
                tokens += words[len(self.places) :]
        return tokens if self.places else [*tokens, *words]

    def takes_value(self, option: str) -> bool:
        """Tell whether an option of the command takes a value."""
        return option in self.options and not self.options[option].is_flag

    def values(self, option: str) -> list[str]:
        """Return the values of a long option, in the order in which they were typed."""
        ended = self.tokens.index("--") if "--" in self.tokens else len(self.tokens)
        before = zip(["", *self.tokens], self.tokens[:ended], strict=False)
        return [
            typed.removeprefix(f"{option}=")
            for previous, typed in before
            if previous == option or typed.startswith(f"{option}=")
        ]

    @property
    def is_known(self) -> bool:
        """Tell whether the command has all options that were typed."""
        end = self.tokens.index("--") if "--" in self.tokens else len(self.tokens)
        return all(
            place in self.places
            or not typed.startswith("-")
            or typed.partition("=")[0] in self.options
            or (not typed.startswith("--") and typed[:2] in self.options)
            or (place > 0 and self.takes_value(self.tokens[place - 1]))
            or typed in {"-h", "--help"}
            for place, typed in enumerate(self.tokens[:end])
        )

    def _places(self) -> Iterator[int]:
        ended, skip = False, False
        for place, typed in enumerate(self.tokens):
            if skip:
                skip = False
            elif ended or not typed.startswith("-") or typed == "-":
                yield place
            elif typed == "--":
                ended = True
            elif typed.startswith("--"):
                skip = self.takes_value(typed)  # with "=" it is the name of no option
            else:  # short options in one typed: the first that takes a value ends it
                letters = next((at for at in range(1, len(typed)) if self.takes_value(f"-{typed[at]}")), 0)
                skip = letters == len(typed) - 1


def hint_line(tokens: Sequence[str]) -> str:
    """Return a command line as a hint: quoted, to be typed as it is."""
    return " ".join(map(shell_word, ["modelkeep", *tokens]))


def placeholder(parameter: Any) -> str:
    """Return the word in capitals that stands for an argument: ``STAGE``, of ``bad|good`` the first."""
    shown = str(parameter.metavar or parameter.name.upper())
    return re.sub(r"\[.*?\]|\.\.\.", "", shown).partition("|")[0] or shown.strip("[].")


def names_of(parameter: Any) -> set[str]:
    """Return the words by which a person may call an argument: ``NAME|PATTERN`` is called name and pattern."""
    return {parameter.name.strip("_"), *re.findall(r"[a-z]+", str(parameter.metavar or "").lower())}


def refusal(message: str, tokens: Sequence[str]) -> UsageError:
    """Return a usage error whose hint is a command line."""
    return UsageError(message, hint_line(tokens))


def model_name(path: str) -> str:
    """Return a legal name for the model in a file."""
    from modelkeep.domain.names import check_name

    try:
        return check_name(os.path.basename(path.rstrip("/")).partition(".")[0])
    except UsageError:
        return "my-model"
