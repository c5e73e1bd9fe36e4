# tui.sh - the program on a terminal: tests written in Python (test/tui), against the fleet.
#
# Sourced after lib.sh and fleet.sh.  A module's tests are its functions test_*; `bash test/e2e/t-tui-keys.sh queue`
# runs those whose names have `queue` in them.
# shellcheck shell=bash disable=SC2034,SC2154

command -v tmux >/dev/null || skip 'tmux is not installed'
[ -x "${TUI_TERM:=$repo/build/release/test/tui/term}" ] || skip "no $TUI_TERM: make term"

# tui MODULE [TEST...]
tui() {
    local module=$1
    shift
    TUI_TERM=$TUI_TERM TUI_IM=$im_bin TUI_PROJECT=$project TUI_RIG=$rig TUI_WORK=$work PYTHONDONTWRITEBYTECODE=1 \
        /usr/bin/python3 "$repo/test/tui/$module.py" "$@" || fail "$module"
}

# tui_at_once MODULE TEST...: each of them in a process of its own, all side by side; they must not share hosts that
# wait for go().
tui_at_once() {
    local module=$1 test pids=()
    shift
    for test; do
        (tui "$module" "$test"; exit "$failures") &
        pids+=($!)
    done
    for test in "${pids[@]}"; do wait "$test" || failures=1; done
}
