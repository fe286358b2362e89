"""The completion script of bash, made from `grammar`: commands and options are in it, values are asked for.

Readline breaks words at ``@``, ``:`` and ``=``, and replaces what stands behind the last of them, or
that with the ``@`` before it. So the words are read from the line itself, and what readline will not
replace is taken off the candidates. Nothing of the shell is changed but the completion of one command;
it runs on bash 3.2 as well, with less comfort.
"""

from __future__ import annotations

from typing import Protocol

_TEMPLATE = r"""# bash completion for modelkeep. Made from its commands by `make docs`; do not edit.
#
# Commands and options stand here; models, versions and what else a registry knows are asked of
# `modelkeep __complete`, which reads and never writes.

_modelkeep_commands='%COMMANDS%'

# The options that take a value.
_modelkeep_valued=' %VALUED% '

# Sets REPLY to the options of a command.
_modelkeep_options() {
    REPLY='%ALWAYS%'
    case $1 in
%OPTIONS%
    esac
}

# Splits $1 as the shell would: all words into `words`, what was typed of the last one into `raw`, an
# open quote into `quote`; `target` is set where the last word is what output goes to.
_modelkeep_split() {
    local line=$1 word='' begun='' char i
    words=() raw='' quote='' target=''
    for ((i = 0; i < ${#line}; i++)); do
        char=${line:i:1}
        if [[ $quote == "'" && $char != "'" || $quote == '"' && $char != ['"\'] ]]; then
            word+=$char raw+=$char
            continue
        fi
        case $char in
        [\'\"])
            if [[ $quote ]]; then quote=''; else quote=$char; fi
            raw+=$char begun=1
            ;;
        \\)
            i=$((i + 1)) begun=1
            raw+=$char${line:i:1}
            if [[ $quote && ${line:i:1} != [\"\\\`\$] ]]; then word+=$char; fi
            word+=${line:i:1}
            ;;
        [[:blank:]] | $'\n' | [\<\>])
            if [[ $char == [\<\>] && $word != *[!0-9]* ]]; then begun=''; fi
            if [[ $begun && ! $target ]]; then words+=("$word"); fi
            if [[ $begun ]]; then target=''; fi
            if [[ $char == [\<\>] ]]; then target=1; fi
            word='' raw='' begun=''
            ;;
        *)
            word+=$char raw+=$char begun=1
            ;;
        esac
    done
    words+=("$word")
}

# Sets `command`, and `expected` to what the last word is: command, option or value.
_modelkeep_place() {
    local word pending='' ended=''
    command='' expected=command
    for word in "${words[@]:1:${#words[@]}-2}"; do
        if [[ $pending ]]; then
            pending=''
        elif [[ $ended || $word != -?* ]]; then
            if [[ $expected == command ]]; then
                case $word in
%ALIASES%
                esac
                command+=${command:+ }$word
                case $command in
                %GROUPS%) ;;
                *) expected=value ;;
                esac
            fi
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $_modelkeep_valued == *" $word "* ]]; then
            pending=1
        fi
    done
    if [[ $pending ]]; then
        expected=value
    elif [[ ! $ended && ${words[${#words[@]}-1]} == -* ]]; then
        case ${words[${#words[@]}-1]} in
        *=*) expected=value ;;
        *) expected=option ;;
        esac
    fi
}

# Fills COMPREPLY with what the program offers; $1 is how it was called, $2 what readline replaces.
_modelkeep_values() {
    local program=modelkeep line word before=${raw%"$2"} keep=$quote
    local -a asked=("${words[@]:1}") words=()
    if type -P -- "$1" >/dev/null; then program=$1; fi
    local raw quote target
    _modelkeep_split "$before"
    before=${words[0]}
    while IFS= read -r line; do
        word=${line%%$'\t'*}
        case $line in
        $'\tfiles')
            if [[ ${#COMPREPLY[@]} -eq 0 ]]; then
                compopt -o default 2>/dev/null
            else
                compopt -o filenames 2>/dev/null
                while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$2")
            fi
            continue
            ;;
        $'\tdirectories')
            compopt -o dirnames 2>/dev/null
            continue
            ;;
        esac
        word=${word:${#before}}
        if [[ $word == *[!A-Za-z0-9_./@:=,+%-]* ]]; then
            if [[ ! $keep ]]; then
                printf -v word %q "$word"
            elif [[ $word == *[\'\"\\\`\$!]* ]]; then
                continue
            fi
        fi
        COMPREPLY+=("$word")
    done < <("$program" __complete -- "${asked[@]}" 2>/dev/null </dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[@:=./] ]]; then compopt -o nospace 2>/dev/null; fi
    compopt -o nosort 2>/dev/null
}

_modelkeep() {
    local REPLY IFS=$' \t\n'
    local -a words
    local raw quote target command expected
    COMPREPLY=()
    _modelkeep_split "${COMP_LINE:0:COMP_POINT}"
    if [[ $target ]]; then
        compopt -o default 2>/dev/null
        return
    fi
    _modelkeep_place
    case $expected in
    command)
        local offered=$_modelkeep_commands
        case $command in
%BELOW%
        esac
        COMPREPLY=($(compgen -W "$offered" -- "$2"))
        compopt -o nosort 2>/dev/null
        ;;
    option)
        _modelkeep_options "$command"
        COMPREPLY=($(compgen -W "$REPLY" -- "$2"))
        compopt -o nosort 2>/dev/null
        ;;
    value) _modelkeep_values "$1" "$2" ;;
    esac
}

if type compopt >/dev/null 2>&1; then
    complete -F _modelkeep %NAME%
else
    complete -o default -F _modelkeep %NAME%
fi
"""


class Grammar(Protocol):
    """What the script is made from: `modelkeep.cli.complete.grammar`, or one that is newer than the file."""

    ALWAYS: str
    COMMANDS: dict[str, tuple[str, str, str]]
    ALIASES: dict[str, str]


def script(grammar: Grammar, name: str = "modelkeep") -> str:
    """Return the script; ``name`` is what people type."""
    from shlex import quote

    commands = grammar.COMMANDS
    groups = [command for command in commands if any(other.startswith(f"{command} ") for other in commands) and command]
    below = {group: [each.split()[1] for each in commands if each.startswith(f"{group} ")] for group in groups}
    valued = {word.partition("=")[0] for each in _all(grammar) for word in each.split() if "=" in word}
    parts = {
        "COMMANDS": " ".join(command for command in commands if command and " " not in command),
        "VALUED": " ".join(sorted(valued)),
        "ALWAYS": _names(grammar.ALWAYS),
        "OPTIONS": _cases(
            {_pattern(command): f"REPLY='{_names(row[2])} '$REPLY" for command, row in commands.items() if row[2]}
        ),
        "ALIASES": _cases({alias: f"word={command}" for alias, command in grammar.ALIASES.items()}, deep=4),
        "GROUPS": " | ".join(groups),
        "BELOW": _cases({group: f"offered='{' '.join(names)}'" for group, names in below.items()}, deep=2),
        "NAME": quote(name),
    }
    text = _TEMPLATE
    for key, value in parts.items():
        text = text.replace(f"%{key}%", value)
    return text


def _all(grammar: Grammar) -> list[str]:
    return [grammar.ALWAYS, *(options for _, _, options in grammar.COMMANDS.values())]


def _names(options: str) -> str:
    return " ".join(dict.fromkeys(word.partition("=")[0] for word in options.split()))


def _pattern(command: str) -> str:
    return f"'{command}'" if " " in command or not command else command


def _cases(cases: dict[str, str], deep: int = 1) -> str:
    indent = "    " * deep
    return "\n".join(f"{indent}{pattern}) {action} ;;" for pattern, action in cases.items())
