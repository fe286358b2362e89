# bash completion for modelkeep. Made from its commands by `make docs`; do not edit.
#
# This script holds the commands and options. Models, versions and other names come from
# `modelkeep __complete`, which only reads the registry.

_modelkeep_commands='register list show get diff promote rollback retire history status evaluate tag alias label describe note supplement rename mark inspect identify path lineage data audit requests approve reject acknowledge policy role check pick deployment deployments signal signals report card bom page verify archive backup delete gc prune doctor migrate init whoami config hook help completion demo'

# The options that take a value.
_modelkeep_valued=' --action --actor --alias --as --as-of --attach --attachment --author --bump --code --columns --count --data --depth --derived-by --description --endpoint --env --event --evidence --evidently --exclude --expect --expires --feature --field --filename --format --grace --head --if-exists --include --keep --key --keys-from --label --licence --limit --lock-wait --message --metric --metrics --model --on --output --param --params --parent --plan --progress --readers --registry --repair --rows --run --schema --search --seed --share --shared --signature --since --sort --source --stage --stages --status --store --subset --tag --target --template --timeout --title --to --trained-at --training-started --until --warn-code --where --window -M -m -o -p '

# Sets REPLY to the options of a command.
_modelkeep_options() {
    REPLY='--registry --json --format -q --quiet -v --verbose --no-color --yes -0 --null --github-output --no-pager --no-input'
    case $1 in
    '') REPLY='--version '$REPLY ;;
    register) REPLY='--label --bump -p --param --params -M --metric --metrics --on --tag --data --feature --parent --derived-by --run --code --author --trained-at --training-started --seed --env --attach --description --licence --signature --no-inspect --stage --alias --if-exists --reuse-name --filename --exclude --include --follow-symlinks --move -m --message -n --dry-run --lock-wait --expect --progress '$REPLY ;;
    list) REPLY='--stage --tag --where --search --sort --limit --all --columns --as-of '$REPLY ;;
    show) REPLY='--field --packages --attachment --as-of '$REPLY ;;
    get) REPLY='--force --as-of --progress '$REPLY ;;
    diff) REPLY='--exit-code --notes '$REPLY ;;
    promote) REPLY='--share --force --request --break-glass -m --message -n --dry-run --lock-wait --expect '$REPLY ;;
    rollback) REPLY='--to --keep-good -m --message -n --dry-run --lock-wait --expect '$REPLY ;;
    retire) REPLY='-m --message -n --dry-run --lock-wait --expect '$REPLY ;;
    history) REPLY='--since --until --limit --as-of '$REPLY ;;
    status) REPLY='--size '$REPLY ;;
    evaluate) REPLY='-M --metric --metrics --on --run -m --message -n --dry-run --lock-wait '$REPLY ;;
    tag) REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    alias) REPLY='-m --message -n --dry-run --lock-wait --expect '$REPLY ;;
    label) REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    describe) REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    note) REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    supplement) REPLY='--licence --signature --inspect --env --attach -m --message -n --dry-run --lock-wait '$REPLY ;;
    rename) REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    mark) REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    inspect) REPLY='--fresh --tensors --follow-symlinks --exit-code --as-of '$REPLY ;;
    identify) REPLY='--exclude --as-of '$REPLY ;;
    path) REPLY='--as-of --progress '$REPLY ;;
    lineage) REPLY='--up --down --depth --as-of --format '$REPLY ;;
    'data add') REPLY='--schema --rows --parent -m --message -n --dry-run --lock-wait '$REPLY ;;
    'data list') REPLY='--as-of '$REPLY ;;
    'data show') REPLY='--print-schema --as-of '$REPLY ;;
    audit) REPLY='--since --until --actor --action --limit --reverse '$REPLY ;;
    requests) REPLY='--mine --open --to-approve --limit --as-of '$REPLY ;;
    approve) REPLY='--plan -m --message -n --dry-run --lock-wait '$REPLY ;;
    reject) REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    acknowledge) REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    'policy init') REPLY='-o --output --force '$REPLY ;;
    'policy set') REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    'policy show') REPLY='--as-of '$REPLY ;;
    'policy diff') REPLY='--exit-code '$REPLY ;;
    'policy history') REPLY='--as-of '$REPLY ;;
    'role grant') REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    'role revoke') REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    'role list') REPLY='--as-of '$REPLY ;;
    'check record') REPLY='--evidence --expires -m --message -n --dry-run --lock-wait '$REPLY ;;
    'check run') REPLY='--timeout --warn-code --evidence --expires -m --message -n --dry-run --lock-wait '$REPLY ;;
    'check list') REPLY='--all --as-of '$REPLY ;;
    'check show') REPLY='-o --output --force --as-of '$REPLY ;;
    pick) REPLY='--key --keys-from --as-of '$REPLY ;;
    'deployment record') REPLY='--to --endpoint --status --share --stage -m --message -n --dry-run --lock-wait '$REPLY ;;
    deployments) REPLY='--target --drift --exit-code --as-of '$REPLY ;;
    signal) REPLY='--evidently --count --window --source -m --message -n --dry-run --lock-wait '$REPLY ;;
    signals) REPLY='--open --since --limit --exit-code --as-of '$REPLY ;;
    report) REPLY='--since --until --model --verify --annex-iv -o --output --force --as-of '$REPLY ;;
    card) REPLY='--template --print-template -o --output --force --as-of '$REPLY ;;
    bom) REPLY='-o --output --force --as-of '$REPLY ;;
    page) REPLY='-o --output --open --title --force --as-of --progress '$REPLY ;;
    verify) REPLY='--log --bytes --quick --subset --repair -n --dry-run --accept-head --head --progress '$REPLY ;;
    archive) REPLY='--undo --all-versions -m --message -n --dry-run --lock-wait '$REPLY ;;
    backup) REPLY='--verify -n --dry-run --progress '$REPLY ;;
    delete) REPLY='--force --all-versions -m --message -n --dry-run --lock-wait '$REPLY ;;
    gc) REPLY='--grace -n --dry-run --lock-wait --progress '$REPLY ;;
    prune) REPLY='-m --message -n --dry-run --lock-wait '$REPLY ;;
    migrate) REPLY='--rebuild -m --message -n --dry-run --lock-wait '$REPLY ;;
    init) REPLY='--stages --store --shared --readers '$REPLY ;;
    'config trust') REPLY='--remove '$REPLY ;;
    'hook test') REPLY='--event '$REPLY ;;
    completion) REPLY='--as '$REPLY ;;
    demo) REPLY='--keep '$REPLY ;;
    esac
}

# Splits $1 as the shell would: the words into `words`, the last one as it was typed into `raw`, an open
# quote into `quote`. Sets `target` where the last word is the file of a redirection.
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

# Sets `command` to the command, and `expected` to the kind of the last word: command, option or value.
_modelkeep_place() {
    local word pending='' ended=''
    command='' expected=command
    for word in "${words[@]:1:${#words[@]}-2}"; do
        if [[ $pending ]]; then
            pending=''
        elif [[ $ended || $word != -?* ]]; then
            if [[ $expected == command ]]; then
                case $word in
                ls) word=list ;;
                esac
                command+=${command:+ }$word
                case $command in
                data | policy | role | check | deployment | config | hook) ;;
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

# Fills COMPREPLY with the candidates of the program. $1 is the name that was typed for it, $2 the part
# of the last word that readline replaces.
_modelkeep_values() {
    local program=modelkeep line word before=${raw%"$2"} keep=$quote
    local -a asked=("${words[@]:1}") words=() texts=()
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
                texts=()
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
            elif [[ $keep == "'" && $word == *\'* || $keep == '"' && $word == *[\"\\\`\$!]* ]]; then
                continue
            fi
        fi
        COMPREPLY+=("$word")
        line=${line#*$'\t'}
        if [[ $line ]]; then texts+=("$line"); fi
    done < <("$program" __complete -- "${asked[@]}" 2>/dev/null </dev/null)
    # A filter goes on behind a word: a second candidate keeps readline from closing its quote.
    if [[ $keep && ${#COMPREPLY[@]} -eq 1 && " ${asked[*]}" == *' --where'[=\ ]* ]]; then
        case ${asked[${#asked[@]}-2]-},${asked[${#asked[@]}-1]} in
        --where,* | *,--where=*) COMPREPLY+=("${COMPREPLY[0]} ") texts=() ;;
        esac
    fi
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[@:=./] ]]; then compopt -o nospace 2>/dev/null; fi
    compopt -o nosort 2>/dev/null
    # Where several candidates are listed and each has a description, it stands beside.
    case ${COMP_TYPE-} in
    33 | 63 | 64) if [[ ${#COMPREPLY[@]} -gt 1 && ${#texts[@]} -eq ${#COMPREPLY[@]} ]]; then _modelkeep_describe; fi ;;
    esac
}

# Puts a description of `texts` behind each candidate, as far as the terminal is wide.
_modelkeep_describe() {
    local word text i widest=0 room
    for word in "${COMPREPLY[@]}"; do
        if [[ ${#word} -gt widest ]]; then widest=${#word}; fi
    done
    room=$((${COLUMNS:-80} - widest - 6))
    if [[ room -lt 10 ]]; then return; fi
    for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do
        text=${texts[i]}
        if [[ ${#text} -gt room ]]; then text=${text:0:room-3}...; fi
        printf -v word '%-*s  (%s)' "$widest" "${COMPREPLY[i]}" "$text"
        COMPREPLY[i]=$word
    done
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
        data) offered='add list show' ;;
        policy) offered='init set show diff history' ;;
        role) offered='grant revoke list' ;;
        check) offered='record run list show' ;;
        deployment) offered='record' ;;
        config) offered='list get set trust' ;;
        hook) offered='list test' ;;
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
    complete -F _modelkeep modelkeep
else
    complete -o default -F _modelkeep modelkeep
fi
