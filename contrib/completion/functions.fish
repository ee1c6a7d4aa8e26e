
# What the completions of mputils for fish have in common.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# __mputils_operands TAKERS OPTIONAL
# Print the operands up to the word at the cursor, or fail if that is an option
# or the argument of one.  TAKERS are the options that take an argument, and
# OPTIONAL those with one in the same word only.
function __mputils_operands
    set -l takers (string split ' ' -- $argv[1])
    set -l optional (string split ' ' -- $argv[2])
    set -l words (commandline -opc) (commandline -ct)
    set -e words[1]
    while set -q words[2]
        switch $words[1]
            case --
                set -e words[1]
                printf '%s\n' $words
                return 0
            case '--*'
                contains -- $words[1] $takers
                and set -e words[1]
            case '-?*'
                # The argument of the last letter is the next word.
                for letter in (string split '' -- (string sub -s 2 -- $words[1]))
                    set -l rest (string replace -r "^-[^$letter]*$letter" '' -- $words[1])
                    contains -- -$letter $optional
                    and break
                    if contains -- -$letter $takers
                        test -n "$rest"
                        or set -e words[1]
                        break
                    end
                end
            case '*'
                printf '%s\n' $words
                return 0
        end
        set -q words[1]
        and set -e words[1]
        set -q words[1]
        or return 1
    end
    string match -q -- '-*' $words[1]
    and return 1
    printf '%s\n' $words
end

# __mputils_seen OPTION...
# Is one of them, which are there in place of operands, before the cursor?
function __mputils_seen
    for option in $argv
        contains -- $option (commandline -opc)
        and return 0
    end
    return 1
end

# __mputils_command TAKERS OPTIONAL ITEMS [LONE]...
# Complete COMMAND as itself does, or items after ':::'.
function __mputils_command
    set -l words (__mputils_operands $argv[1] $argv[2])
    or return
    set -l before $words[1..-2]
    if test -n "$argv[3]"; and string match -q -- ':::*' $before
        __fish_complete_path $words[-1]
        return
    end
    if __mputils_seen $argv[4..-1]
        printf '%s\n' ::: ::::
        return
    end
    complete -C (string join ' ' -- (string escape -- $before) $words[-1])
end

# __mputils_units UNIT...
function __mputils_units
    set -l value (commandline -ct | string replace -r -- '^-[^=]*=' '')
    string match -qr '^[0-9]+\.?[0-9]*$' -- $value
    and printf '%s\n' $value$argv
end

function __mputils_signals
    command kill -l 2>/dev/null | string match -ar '[A-Z][A-Z0-9]+' \
        | string replace -r '^SIG' ''
end

# __mputils_handles PJOIN
function __mputils_handles
    command $argv[1] --list --report='%n\t%s %C\n%h\t%s %C\n' 2>/dev/null \
        | string match -r '^[^-\t].*\t.*'
end

switch $operand
    case command
        complete -c $command -x \
            -n "__mputils_operands '$takers' '$optional'" \
            -a "(__mputils_command '$takers' '$optional' '$items' $lone)"
    case handle
        complete -c $command -f -n "not __mputils_seen $lone" \
            -a "(__mputils_handles $pjoin)"
end
