# fish completion for qmonsh: options, targets, and the words of a line against the live monitor.
#
# Candidates come from `qmonsh TARGET --complete LINE`, which gives up quickly when the monitor is dead or busy.
#
# The package puts this file into share/fish/vendor_completions.d of where it is installed. After an
# installation of its own (pipx, uv): ln -s THIS_FILE ~/.config/fish/completions/qmonsh.fish

# Print what the words before the cursor are: one line "options", "target" or "command", then the arguments
# that reach the monitor, then "--", then the words of the line.
function __qmonsh_parse
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l options
    set -l target
    set -l line
    set -l state target
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
        switch $word
            case --
                set line $words
                set state command
                break
            case -U
                if not set -q words[1]
                    set state value
                    break
                end
                set target -U $words[1]
                set -e words[1]
                set state command
            case -c --command -f --file -o --output --explain-as --complete --wait -t --timeout \
                --connect-timeout --dialect --record --replay --color --config --fd \
                --tls-ca --tls-cert --tls-key --tls-dir --tls-name
                if not set -q words[1]
                    set state value
                    break
                end
                if contains -- $word --config --dialect --tls-ca --tls-cert --tls-key --tls-dir --tls-name
                    set options $options $word $words[1]
                end
                set -e words[1]
            case --no-introspect
                set options $options $word
            case '-?*'
            case '*'
                if set -q target[1]
                    set line $word $words
                    set state line
                    break
                end
                set target $word
                set state command
                # HOST PORT are two words.
                if not string match -qr '[:/]' -- $word; and string match -qr '^[0-9]+$' -- "$words[1]"
                    set target $target $words[1]
                    set -e words[1]
                end
        end
    end
    printf '%s\n' $state $options $target -- $line
end

function __qmonsh_state
    contains -- (__qmonsh_parse)[1] $argv
end

function __qmonsh_ask
    set -l found (__qmonsh_parse)
    set -e found[1]
    set -l place (contains -i -- -- $found)
    set -l reach
    if test $place -gt 1
        set reach $found[1..(math $place - 1)]
    end
    set -l line
    if test $place -lt (count $found)
        set line $found[(math $place + 1)..-1]
    end
    if contains -- "$reach[-1]" demo ls run
        return
    end
    set -l typed (commandline -ct | string unescape 2>/dev/null; or commandline -ct)
    if test (count $line) -eq 0; and string match -q -- '-*' "$typed"; and test -z "$argv[1]"
        return
    end
    set -l program (commandline -opc)[1]
    set -l before (string join ' ' -- $line)
    if test -n "$before"
        set before "$before "
    end
    $program $reach --complete "$argv[1]$before$typed" 2>/dev/null
end

# One word holds a whole line: its last word is completed.
function __qmonsh_ask_line
    set -l typed (commandline -ct | string unescape 2>/dev/null; or commandline -ct | string trim -lc '"\'')
    set -l found (__qmonsh_parse)
    set -l place (contains -i -- -- $found)
    set -l reach
    if test $place -gt 2
        set reach $found[2..(math $place - 1)]
    end
    set -l head (string match -r '^.*\s' -- "$typed")
    set -l program (commandline -opc)[1]
    for row in ($program $reach --complete "$typed" 2>/dev/null)
        printf '%s%s\n' "$head" $row
    end
end

function __qmonsh_targets
    set -l program (commandline -opc)[1]
    $program --complete-target (commandline -ct) 2>/dev/null
    printf '%s\t%s\n' demo 'try it on a small VM' ls 'the VMs of this host' run 'start QEMU and attach'
    for path in (__fish_complete_path (commandline -ct) | string split -f1 \t)
        if test -S "$path" -o -d "$path"
            echo $path
        end
    end
end

complete -c qmonsh -f
complete -c qmonsh -n '__qmonsh_state target' -a '(__qmonsh_targets)'
complete -c qmonsh -n '__qmonsh_state command line' -k -a '(__qmonsh_ask "")'

set -l options '__qmonsh_state target command value'
complete -c qmonsh -n $options -s U -rF -d 'TARGET, for fingers that type nc -U'
complete -c qmonsh -n $options -l fd -x -d 'TARGET is the inherited descriptor N'
complete -c qmonsh -n $options -s c -l command -xa '(__qmonsh_ask_line)' -d 'Run LINE; repeatable'
complete -c qmonsh -n $options -s f -l file -rF -d 'Run a script (- is stdin)'
complete -c qmonsh -n $options -s o -l output -xa 'text json raw' -d 'How results are printed'
complete -c qmonsh -n $options -l json -d 'The same as -o json'
complete -c qmonsh -n $options -s n -l explain -d 'Print what each line becomes; send nothing that acts'
complete -c qmonsh -n $options -l explain-as -xa 'qmp python virsh shell' -d 'The form of --explain'
complete -c qmonsh -n $options -l complete -x -d 'Print the candidates for the end of LINE'
complete -c qmonsh -n $options -l wait -xa '(__qmonsh_ask "--wait ")' -d 'After the commands, wait for this event'
complete -c qmonsh -n $options -s t -l timeout -x -d 'Deadline of one command'
complete -c qmonsh -n $options -l connect-timeout -x -d 'Deadline of connection and greeting'
complete -c qmonsh -n $options -l keep-going -d 'Do not stop at the first failure; the worst status counts'
complete -c qmonsh -n $options -l events -d 'Report events in scripts too'
complete -c qmonsh -n $options -l read-only -d 'Refuse whatever could change the VM'
complete -c qmonsh -n $options -s y -l yes -d 'Do not ask before dangerous commands'
complete -c qmonsh -n $options -l dialect -xa 'auto qmp hmp agent' -d 'What the other end speaks'
complete -c qmonsh -n $options -l tls-ca -rF -d 'With tls://, who signed the certificate of QEMU'
complete -c qmonsh -n $options -l tls-cert -rF -d 'With tls://, our certificate'
complete -c qmonsh -n $options -l tls-key -rF -d 'With tls://, the key of our certificate'
complete -c qmonsh -n $options -l tls-dir -rF -d 'With tls://, these three, named as QEMU names them'
complete -c qmonsh -n $options -l tls-name -x -d 'With tls://, the name in the certificate of QEMU'
complete -c qmonsh -n $options -l no-introspect -d 'Never ask QEMU for device properties'
complete -c qmonsh -n $options -l record -rF -d 'Append every message to FILE as JSON lines'
complete -c qmonsh -n $options -l replay -rF -d 'Print what --record wrote to FILE'
complete -c qmonsh -n $options -s v -l verbose -d 'Print the QMP of each line to stderr'
complete -c qmonsh -n $options -l color -xa 'auto always never' -d 'Colours'
complete -c qmonsh -n $options -l no-pager -d 'Never page long output'
complete -c qmonsh -n $options -l kill-on-exit -d 'With run, end QEMU on leaving'
complete -c qmonsh -n $options -l keep -d 'With run, leave QEMU running'
complete -c qmonsh -n $options -l all -d 'With ls, storage daemons and guest agents too'
complete -c qmonsh -n $options -l table -d 'With each, a table with a row for each monitor'
complete -c qmonsh -n $options -l debug -d 'Show tracebacks'
complete -c qmonsh -n $options -l config -rF -d 'Use this configuration file'
complete -c qmonsh -n $options -s V -l version -d 'Show the version and exit'
complete -c qmonsh -n $options -s h -l help -d 'Show the help'
