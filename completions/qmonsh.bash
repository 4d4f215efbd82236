# bash completion for qmonsh: options, targets, and the words of a line against the live monitor.
#
# Candidates come from `qmonsh TARGET --complete LINE`, which gives up quickly when the monitor is dead or busy.
# bash breaks words at "=" and ":" (COMP_WORDBREAKS), qmonsh does not: the line is split again here, and of
# each candidate only what stands behind the last break is handed to readline.
#
# The package puts this file into share/bash-completion/completions of where it is installed, where
# bash-completion 2.12 finds it beside the program. Else: ln -s THIS_FILE
# ~/.local/share/bash-completion/completions/qmonsh, or source it from ~/.bashrc.

_qmonsh_options='-U --fd -c --command -f --file -o --output --json -n --explain --explain-as --complete --wait
    -t --timeout --connect-timeout --keep-going --events --read-only -y --yes --dialect
    --tls-ca --tls-cert --tls-key --tls-dir --tls-name --no-introspect
    --record --replay -v --verbose --color --no-pager --kill-on-exit --keep --all --table --debug --config -V --version
    -h --help'

# Set `words` to the words of $1 without their quotes, the last one unfinished.
_qmonsh_split() {
    local text=$1 word='' quote='' char i begun=''
    words=()
    for ((i = 0; i < ${#text}; i++)); do
        char=${text:i:1}
        if [[ $quote == "'" ]]; then
            if [[ $char == "'" ]]; then quote=''; else word+=$char; fi
        elif [[ $char == '\' ]]; then
            word+=${text:++i:1}
            begun=1
        elif [[ $quote == '"' ]]; then
            if [[ $char == '"' ]]; then quote=''; else word+=$char; fi
        elif [[ $char == ["'\""] ]]; then
            quote=$char
            begun=1
        elif [[ $char == [[:space:]] ]]; then
            if [[ $begun ]]; then words+=("$word"); fi
            word=''
            begun=''
        else
            word+=$char
            begun=1
        fi
    done
    words+=("$word")
    open_quote=$quote
}

# Offer the first column of stdin for the word `cur`; $1 tells whether a blank may follow.
_qmonsh_offer() {
    local blank=$1 candidate rest shown
    while IFS=$'\t' read -r candidate rest; do
        [[ $candidate == "$cur"* ]] || continue
        shown=${candidate:${#cur}-${#portion}}
        [[ $shown ]] || continue
        if [[ ! $open_quote ]]; then
            printf -v shown '%q' "$shown"
            # Not special inside a word, and unreadable when quoted.
            shown=${shown//\\,/,}
            shown=${shown//\\#/#}
        fi
        if [[ $blank && ! $open_quote && $candidate != *[=/.:,] ]]; then shown+=' '; fi
        COMPREPLY+=("$shown")
    done
}

_qmonsh_ask() {
    "$program" "${options[@]}" "${target[@]}" --complete "$1" 2>/dev/null
}

_qmonsh_files() {
    local path
    while IFS= read -r path; do
        if [[ -d $path ]]; then path+=/; elif [[ $1 == sockets && ! -S $path ]]; then continue; fi
        printf '%s\n' "$path"
    done < <(compgen -f -- "$cur")
}

_qmonsh_targets() {
    "$program" --complete-target "$cur" 2>/dev/null
    _qmonsh_files sockets
    printf '%s\n' demo ls run
}

# Complete the value of option $1.
_qmonsh_value() {
    case $1 in
        -o | --output) _qmonsh_offer 1 < <(printf '%s\n' text json raw) ;;
        --explain-as) _qmonsh_offer 1 < <(printf '%s\n' qmp python virsh shell) ;;
        --dialect) _qmonsh_offer 1 < <(printf '%s\n' auto qmp hmp agent) ;;
        --color) _qmonsh_offer 1 < <(printf '%s\n' auto always never) ;;
        -U) _qmonsh_offer 1 < <(_qmonsh_files sockets) ;;
        -f | --file | --record | --replay | --config) _qmonsh_offer 1 < <(_qmonsh_files any) ;;
        --wait) _qmonsh_offer '' < <(_qmonsh_ask "--wait $cur") ;;
        -c | --command)
            # One word holds a whole line: its last word is completed.
            local head=${cur%"${cur##*[[:space:]]}"} candidate rest
            _qmonsh_offer '' < <(
                while IFS=$'\t' read -r candidate rest; do
                    printf '%s\n' "$head$candidate"
                done < <(_qmonsh_ask "$cur")
            )
            ;;
    esac
}

_qmonsh() {
    local words open_quote program=${COMP_WORDS[0]} options=() target=() cur portion i word command=0 line=''
    COMPREPLY=()
    _qmonsh_split "${COMP_LINE:0:COMP_POINT}"
    cur=${words[-1]}
    # What readline will replace: nothing right behind one of its breaks.
    portion=${COMP_WORDS[COMP_CWORD]:-}
    portion=${portion#[\"\']}
    if [[ $portion && $COMP_WORDBREAKS == *"$portion"* || ${#portion} -gt ${#cur} ]]; then portion=''; fi
    if [[ $cur != *"$portion" ]]; then portion=$cur; fi
    compopt -o nospace 2>/dev/null

    local last=$((${#words[@]} - 1))
    for ((i = 1; i < last; i++)); do
        word=${words[i]}
        case $word in
            --) command=$((i + 1)) && break ;;
            -U)
                if ((i + 1 == last)); then _qmonsh_value "$word" && return; fi
                target=(-U "${words[++i]}")
                ;;
            -c | --command | -f | --file | -o | --output | --explain-as | --complete | --wait | -t | --timeout | \
                --connect-timeout | --dialect | --record | --replay | --color | --config | --fd | \
                --tls-ca | --tls-cert | --tls-key | --tls-dir | --tls-name)
                if ((i + 1 == last)); then _qmonsh_value "$word" && return; fi
                i=$((i + 1))
                if [[ $word == --config || $word == --dialect || $word == --tls-* ]]; then options+=("$word" "${words[i]}"); fi
                ;;
            --no-introspect) options+=("$word") ;;
            -?*) ;;
            *)
                if ((${#target[@]})); then
                    command=$i && break
                fi
                target=("$word")
                # HOST PORT are two words.
                if [[ $word != *[:/]* && ${words[i + 1]:-} == +([0-9]) ]] && ((i + 1 < last)); then
                    target+=("${words[++i]}")
                fi
                ;;
        esac
    done
    if ((command == 0)); then
        if [[ $cur == -* ]]; then
            _qmonsh_offer 1 < <(printf '%s\n' $_qmonsh_options)
            return
        elif ((${#target[@]} == 0)); then
            _qmonsh_offer 1 < <(_qmonsh_targets)
            return
        fi
        command=$last
    fi
    case ${target[0]} in demo | ls | run) return ;; esac
    for ((i = command; i < last; i++)); do line+="${words[i]} "; done
    # Behind a driver or type a comma may follow as well as the end of the line.
    case ${words[command]} in
        *_add | chardev-*) _qmonsh_offer '' < <(_qmonsh_ask "$line$cur") ;;
        *) _qmonsh_offer 1 < <(_qmonsh_ask "$line$cur") ;;
    esac
}

shopt -s extglob
complete -F _qmonsh qmonsh
