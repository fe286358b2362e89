"""Options that a command does not have: those of other tools, arguments typed as options, and typing errors.

What was meant is found by name. ``promote churn@2 --stage production`` is ``promote churn@2 production``, because STAGE
is an argument of `promote`; ``--order-by`` is ``--sort`` where a command has that; ``--mesage`` is ``--message``.
"""

from __future__ import annotations

from collections.abc import Iterable

from modelkeep.cli.typed_line import TypedLine, names_of

#: What an option of another tool may be called here: an argument or an option, the first that the command has.
_SYNONYMS = {
    word: tuple(ours.split())
    for words, ours in (
        ("env environment target to-stage new-stage", "stage"),
        ("model model-name registered-model-name", "name ref"),
        ("name id model-id", "ref"),
        ("model-version version-id", "version"),
        ("version tag-name", "label"),
        ("destination dst dst-path out output output-dir output-path target-dir o path d dir", "dest"),
        ("file files artifact artifact-path model-path source src local-path f", "paths"),
        ("reason comment why msg note description", "message"),
        ("max max-results max-count top head count n", "limit"),
        ("order-by sort-by order sortby", "sort"),
        ("from after start begin", "since"),
        ("before end", "until"),
        ("to", "stage until"),
        ("user by who creator", "actor author"),
        ("run-id experiment-id", "run"),
        ("dataset datasets input", "data on"),
        ("parameters hyperparameters config-file", "params"),
        ("fields columns-only property", "columns field"),
        ("uri tracking-uri registry-uri repo repository remote project", "registry"),
        ("pretend simulate what-if noop", "dry-run"),
        ("y assume-yes confirm", "yes"),
        ("batch no-prompt non-interactive", "no-input"),
        ("at as-at when timestamp", "as-of"),
        ("timeout wait", "lock-wait"),
        ("silent s", "quiet"),
        ("archived deleted include-deleted all-versions a", "all"),
        ("filter pattern glob search query", "pattern"),
    )
    for word in words.split()
}
_FORMAT_WORDS = frozenset({"output", "o", "output-format", "fmt", "as"})
_FORMATS = {"json": "json", "table": "table", "text": "table", "plain": "lines", "lines": "lines", "tsv": "lines"}
_SHORTEST_BEGINNING = 3
_TYPO = 0.8  # of 1: --stage is no misspelt --message (0.67), --mesage is (0.92)


def translated(line: TypedLine) -> list[str] | None:
    """Return the tokens of a line in which each unknown option is the option or argument that was meant.

    None where one of them is like nothing that the command has. What is found is to be tried on the parser.
    """
    tokens, by_argument, version = [], dict[str, str](), ""
    rest = list(line.tokens)
    while rest:
        typed = rest.pop(0)
        if typed == "--":
            tokens += [typed, *rest]
            break
        option, equals, value = typed.partition("=")
        if not typed.startswith("-") or typed == "-" or _is_known(option, line):
            tokens.append(typed)
            if line.takes_value(typed) and rest:
                tokens.append(rest.pop(0))
            continue
        follows = rest[0] if rest and not rest[0].startswith("-") else ""
        given = value if equals else follows
        meant = _meant(option.lstrip("-").lower().replace("_", "-"), given, line)
        if meant is None or (not given and not meant.startswith("-")):
            return None
        if not equals and (not meant.startswith("-") or "=" in meant):
            del rest[:1]
        if meant == "version":
            version = given
        elif meant.startswith("-"):
            spelled = meant if "=" in meant or not equals else f"{meant}={value}"
            tokens.append("--json" if spelled == "--format=json" else spelled)
        else:
            by_argument[meant] = given
    return _with_arguments(TypedLine([*line.arguments, *line.options.values()], tokens), by_argument, version)


def _is_known(option: str, line: TypedLine) -> bool:
    return option in line.options or (not option.startswith("--") and option[:2] in line.options)


def _meant(name: str, given: str, line: TypedLine) -> str | None:
    """Return ``--option``, ``--option=value``, the name of an argument, or ``version``; None where nothing is near."""
    if name in _FORMAT_WORDS and given.lower() in _FORMATS:
        return f"--format={_FORMATS[given.lower()]}"
    for word in (name, *_SYNONYMS.get(name, ())):
        if f"--{word}" in line.options:
            return f"--{word}"
        for argument in line.arguments:
            if word in names_of(argument):
                return str(argument.name)
        if word == "version" and line.arguments and "ref" in names_of(line.arguments[0]):
            return word
    near = _near(name, (option[2:] for option in line.options if option.startswith("--")))
    return None if near is None else f"--{near}"


def _near(name: str, options: Iterable[str]) -> str | None:
    """Return the option that was mistyped or cut short; ``force`` only where it was nearly typed."""
    from modelkeep.cli.usage import closest

    known = [each for each in options if each != "force" or name.startswith("f")]
    begun = [each for each in known if len(name) >= _SHORTEST_BEGINNING and each.startswith(name)]
    if len(begun) == 1:
        return begun[0]
    return closest(name, known, _TYPO) or next((each for each in known if _has_two_letters_swapped(name, each)), None)


def _has_two_letters_swapped(typed: str, word: str) -> bool:
    """Tell whether a word is typed with two letters beside each other in the wrong order: ``srot`` for ``sort``."""
    return any(word == typed[:at] + typed[at + 1] + typed[at] + typed[at + 2 :] for at in range(len(typed) - 1))


def _with_arguments(line: TypedLine, given: dict[str, str], version: str) -> list[str]:
    """Return the tokens with the arguments that were typed as options in their places among the words."""
    words, rest = list[str](), line.words
    for argument in line.arguments:
        if argument.name in given:
            words.append(given[argument.name])
        elif rest and argument.nargs == -1:
            words, rest = words + rest, []
        elif rest:
            words.append(rest.pop(0))
    words += rest
    if version and words:
        words[0] = f"{words[0].partition('@')[0]}@{version}"
    return line.with_words(words)
