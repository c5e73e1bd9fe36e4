# A run that takes itself back: on_failure: rollback, each host to what it had; a rollback that fails; blue_green.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016
. test/e2e/lib.sh
start_servers 3
new_project
conf=$project/inventory/test-multi/config.yml
hosts=web-01,web-02,web-03
app() { echo "$rig/home/$1/app"; }
currents() { for h in web-01 web-02 web-03; do basename "$(readlink "$(app $h)/current")"; done | tr '\n' ' '; }
setup() { printf 'max_parallel_workers: 3\nhealth_check_retries: 0\n%s\n' "$*" >"$conf"; }
# The new release is not well where there is a file `sick`; an old one always is.
sick='health_cmd=[ ! -e "$app_dir/sick" ] || [ "$(basename "$(pwd -P)")" = one ]'
restart='restart_cmd=echo "$release" >>"$app_dir/restarts"'
im provision test-multi -l "$hosts"
assert_eq 'provision' 0 "$rc"

# ---- nothing to go back to: refused before anything connects
setup 'on_failure: rollback'
im deploy test-multi -l "$hosts" -e release=one
assert_eq 'the first deploy: exit' 1 "$rc"
assert_has 'the first deploy' "$err" 'web-[01-03] have no release to go back to: deploy once with on_failure: stop'
im deploy test-multi -l "$hosts" -e release=one -C
assert_eq '-C of it: exit' 1 "$rc"
assert_has '-C of it' "$err" 'web-[01-03] have no release to go back to'
setup ''
im deploy test-multi -l "$hosts" -e release=one -e "$restart"
assert_eq 'deploy' 0 "$rc"
setup 'on_failure: rollback'
for action in provision 'update -e update_cmd=true' 'rollback -e release=one' check; do
    # shellcheck disable=SC2086
    set -- $action
    im "$1" test-multi -l "$hosts" "${@:2}"
    assert_eq "$1 has nothing to take back, and goes on" 0 "$rc"
done

# ---- one host is not well with the new release: all three go back, and only what was switched restarts
touch "$(app web-02)/sick"
rm -f "$rig"/home/*/app/restarts
im deploy test-multi -l "$hosts" -e release=two -e "$restart" -e "$sick"
assert_eq 'a gate that fails: exit' 3 "$rc"
assert_eq 'all are back' 'one one one ' "$(currents)"
assert_eq 'what was restarted' 'two one two one two one ' "$(cat "$rig"/home/*/app/restarts | tr '\n' ' ')"
assert_has 'the summary' "$err" 'rolled back 3: web-[01-03]'
log=$(debug_log)
assert_has 'debug.log' "$log" 'Rolling back: web-[01-03]'
assert_has 'debug.log' "$log" 'completed: rollback for web-02 in '
assert_eq 'three rollbacks' 3 "$(sed '1,/Rolling back/d' "$project/debug.log" |
    grep -c 'Worker [0-2] processing: rollback for server web-0[1-3] (active: [1-3]/3)')"
im status test-multi
assert_has 'status' "$(printf '%s\n' "$out" | tr -s ' ')" ' web-02 failed deployed one '
assert_eq 'status tells of the rollbacks' 3 "$(printf '%s\n' "$out" | grep -c '  rolled back')"
im history test-multi
assert_has 'history' "$(printf '%s\n' "$out" | sed -n 1p)" '  exit 3  ok 2  failed 1  rolled back 3  failure budget spent'

# ---- one whose deploy fails before the switch is left alone
rm -f "$rig"/home/*/app/restarts "$(app web-02)/sick"
im deploy test-multi -l "$hosts" -e release=three -e "$restart" \
    -e 'build_cmd=[ "$(id -un)" ] && case $PWD in */web-03/*) exit 1 ;; esac'
assert_eq 'a build that fails: exit' 3 "$rc"
assert_eq 'all are back' 'one one one ' "$(currents)"
assert_eq 'what was restarted' 'three one three one ' "$(cat "$rig"/home/*/app/restarts | tr '\n' ' ')"

# ---- a way back that fails
touch "$(app web-02)/sick"
im deploy test-multi -l "$hosts" -e release=four -e "$sick" \
    -e 'restart_cmd=case $release$PWD in one*/web-01/*) echo stuck >&2; exit 4 ;; esac' -o jsonl
assert_eq 'a rollback that fails: exit' 7 "$rc"
assert_has 'its event' "$(printf '%s\n' "$out" | grep '"rollback_finished"' | grep web-01)" '"outcome":"failed","reason":"rollback 2/2 Switch back and restart: exit 4: stuck"'
assert_has 'the end of the run' "$(printf '%s\n' "$out" | tail -n 1)" '"rolled_back":2,"rollbacks_failed":1'
assert_has 'the summary' "$err" 'rollback failed 1: web-01'
im status test-multi
assert_has 'status' "$(printf '%s\n' "$out" | grep web-01)" 'rollback failed'
rm "$(app web-02)/sick"
im rollback test-multi # the verb goes on where the run could not
assert_eq 'rollback' 0 "$rc"
assert_eq 'all are back' 'one one one ' "$(currents)"

# ---- nobody lives to end a rollback: it is told as failed, and the verb goes on from there
touch "$(app web-02)/sick"
(cd "$project" && exec "$im_bin" deploy test-multi -l "$hosts" -e release=nine -e "$sick" \
    -e 'restart_cmd=[ "$release" != one ] || { echo $$ >"$app_dir/held"; exec sleep 30; }') >/dev/null 2>&1 </dev/null &
pid=$!
for h in web-01 web-02 web-03; do wait_for 30 test -s "$(app $h)/held"; done
kill -9 $pid
wait $pid 2>/dev/null
for h in web-01 web-02 web-03; do kill "$(cat "$(app $h)/held")"; done
rm "$(app web-02)/sick"
im status test-multi
assert_eq 'cut off in a rollback' 3 "$(printf '%s\n' "$out" | grep -c '  rollback failed')"
im rollback test-multi
assert_eq 'rollback: exit' 0 "$rc"
assert_eq 'all are back' 'one one one ' "$(currents)"
im status test-multi
assert_not 'that is over' "$out" 'rollback failed'

# ---- blue_green: prepared everywhere before it is switched anywhere
setup 'deployment_strategy: blue_green'
im deploy test-multi -l "$hosts" -e release=five -e 'build_cmd=case $PWD in */web-03/*) exit 1 ;; esac'
assert_eq 'one cannot be prepared: exit' 3 "$rc"
assert_eq 'none is switched' 'one one one ' "$(currents)"
assert_has 'it says so' "$out" 'web-01 cancelled'
assert_has 'it says so' "$(debug_log)" 'cancelled: not switched'
im deploy test-multi -l "$hosts" -e release=six
assert_eq 'blue_green: exit' 0 "$rc"
assert_eq 'all are switched' 'six six six ' "$(currents)"
assert_eq 'none before all were prepared' 'prepared prepared prepared switching switching switching ' \
    "$(grep -o 'prepared\|switching' "$project/debug.log" | tail -n 6 | tr '\n' ' ')"
im deploy test-multi -l web-01 -e release=six -C
assert_has '-C has two waves' "$out" 'wave 2/2: web-01'
assert_eq 'a step stands in its own' 1 "$(printf '%s\n' "$out" | grep -c ' Switch: run, switch')"
finish
