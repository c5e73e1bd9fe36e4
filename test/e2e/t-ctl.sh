# Verbs reach a run that goes on: each does what it says, refused ones say why; status --watch shows it.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
start_fleet
fleet_project
env_dir=$project/inventory/test-multi
mkdir -p "$env_dir/actions"
hold_action "$env_dir/actions/hold.yml"
sed 's/name: hold/name: look\nmutating: false/' "$env_dir/actions/hold.yml" >"$env_dir/actions/look.yml"

# begin FLAG...: a run of hold over nine hosts, three at a time; pid.
begin() {
    rm -rf "$project/debug.log" "$rig"/home/*/go "$rig"/home/*/waiting
    (cd "$project" && exec "$im_bin" run hold test-multi "$@") >"$work/o" 2>"$work/e" </dev/null &
    pid=$!
    waiting web-01 web-02 web-03
}
ended() { # EXPECTED CODE
    wait "$pid"
    local code=$?
    assert_eq "the run: $(cat "$work/e")" "$1" $code
    assert_eq 'no socket is left' '' "$(ls "$project/var/ctl")"
}
status_is() { # PATTERN: what the run says of itself
    im status test-multi
    printf '%s' "$out" | grep -qE "under way: .*$1"
}

# ---- nobody is there
im ctl test-multi abort
assert_eq 'no run' '5 inventory-manager: no run of test-multi is under way' "$rc $err"
im ctl test-mutli abort
assert_eq 'no such environment' 5 "$rc"
assert_has 'the near one' "$err" 'did you mean test-multi?'
im ctl test-multi pasue
assert_eq 'no such verb' "5 inventory-manager: there is no verb 'pasue'; did you mean pause?" "$rc $err"
im ctl test-multi skip
assert_eq 'whom' '5 inventory-manager: skip needs the name of a host' "$rc $err"
im ctl test-multi workers lots
assert_eq 'how many' '5 inventory-manager: workers: expected a number from 0 to 10000' "$rc $err"
im ctl test-multi abort now
assert_eq 'one word too many' 5 "$rc"
im ctl test-multi status
assert_eq 'another command' '5 inventory-manager: that is `inventory-manager status test-multi`' "$rc $err"
im status test-multi --watch
assert_eq 'nothing to watch' '0 no run of test-multi is under way' "$rc $err"
im status --watch
assert_eq 'nowhere' '0 no run is under way' "$rc $err"

# ---- abort
begin
assert_eq 'the folder' 700 "$(stat -c %a "$project/var/ctl")"
assert_eq 'the socket' '600 socket' "$(stat -c '%a %F' "$project/var/ctl"/*)"
im status test-multi
assert_has 'status tells of it' "$out" 'under way: hold test-multi running'
assert_has 'with its counts' "$out" '0/9  active 3'
(cd "$project" && exec "$im_bin" status test-multi --watch) >"$work/watched" 2>&1 </dev/null &
watcher=$!
wait_for 20 grep -q 'active 3' "$work/watched"
im ctl test-multi skip web-99
assert_eq 'no such host' 5 "$rc"
im ctl test-multi skip web-0
assert_has 'the near one' "$err" "no host 'web-0' in this run; did you mean web-01?"
im ctl test-multi abort
assert_eq 'abort' '0 aborted: no new host is started; 3 hosts in flight go on' "$rc $out"
assert_has 'the run tells it' "$(cat "$work/e")" "aborted: no new host is started; 3 hosts in flight go on (by ctl, uid $(id -u))"
status_is 'draining.*halted: aborted' || fail "it drains: $out"
go 0 web-01 web-02 web-03
ended 3
wait $watcher
assert_eq 'the watcher ends with the run' 0 $?
assert_has 'it saw the beginning' "$(head -n 1 "$work/watched")" 'hold test-multi running'
assert_has 'and the end' "$(tail -n 1 "$work/watched")" 'hold test-multi over'
assert_has 'with its code' "$(tail -n 1 "$work/watched")" 'exit 3'
assert_eq 'no line twice' '' "$(uniq -d "$work/watched")"
[ ! -e "$rig/home/web-04/waiting" ] || fail 'a new host was started'

# ---- pause, workers, skip, retry, continue; and what a run does not take
echo 'max_fail: 1' >>"$env_dir/config.yml"
begin
for verb in continue promote rollback 'retry web-04' 'retry web-01' 'skip web-01'; do
    # shellcheck disable=SC2086 # two words
    im ctl test-multi $verb
    assert_eq "$verb is refused" '5 ' "$rc $out"
    case $verb in
    continue) why='the run is not paused' ;;
    promote) why='no canary waits for promote' ;;
    rollback) why='the action has no rollback list' ;;
    'retry web-04') why='web-04: it has not been started' ;;
    'retry web-01') why='web-01: it is under way' ;;
    'skip web-01') why='web-01: it has been started' ;;
    esac
    assert_eq "$verb: why" "inventory-manager: no: $why" "$err"
done
assert_not 'what is refused is no fact' "$(cat "$work/e")" 'by ctl'
im ctl test-multi pause
assert_eq 'pause' '0 paused: 3 hosts in flight go on' "$rc $out"
im ctl test-multi pause
assert_eq 'twice' '5 inventory-manager: no: the run is paused already' "$rc $err"
status_is 'paused .*waits for continue' || fail "it is paused: $out"
go 0 web-01 web-02
go 1 web-03
wait_for 20 status_is '3/9  ok 2  failed 1  active 0'
[ ! -e "$rig/home/web-04/waiting" ] || fail 'a host was started in a pause'
im ctl test-multi skip web-05
assert_eq 'skip' '0 skipped: web-05' "$rc $out"
im ctl test-multi workers 1
assert_eq 'workers' '0 1 worker from now on' "$rc $out"
rm "$rig"/home/web-03/{go,waiting}
im ctl test-multi retry web-03
assert_eq 'retry' '0 web-03 goes again' "$rc $out"
waiting web-03
[ ! -e "$rig/home/web-04/waiting" ] || fail 'another one was started by a retry'
im ctl test-multi workers 3
im ctl test-multi continue
assert_eq 'continue' '0 continued' "$rc $out"
go 0 web-03
waiting web-04 web-06
im ctl test-multi workers 2
go 0 web-0{4,6,7,8,9}
wait "$pid"
assert_eq "all but the skipped one: $(cat "$work/e")" 0 $?
assert_has 'the end' "$(cat "$work/e" "$work/o")" 'skipped 1'
[ ! -e "$rig/home/web-05/waiting" ] || fail 'the skipped host was started'

# ---- promote; on_failure: pause, forgiven by continue
cp "$env_dir/config.yml" "$work/config.yml"
printf '%s\n' 'deployment_strategy: canary' 'canary: 1' 'promote: manual' 'on_failure: pause' 'max_fail: 0' >>"$env_dir/config.yml"
rm -rf "$project/debug.log" "$rig"/home/*/go "$rig"/home/*/waiting
(cd "$project" && exec "$im_bin" run hold test-multi) >"$work/o" 2>"$work/e" </dev/null &
pid=$!
waiting web-01
im ctl test-multi promote
assert_eq 'too early' '5 inventory-manager: no: no canary waits for promote' "$rc $err"
go 0 web-01
wait_for 20 status_is 'promoting .*waits for promote'
assert_has 'the run tells how' "$(cat "$work/e")" \
    'the canary waits to be promoted; to go on: inventory-manager ctl test-multi promote (or abort)'
go 1 web-02
go 0 web-0{3,4,5,6,7,8,9}
im ctl test-multi promote
assert_eq 'promote' '0 promoted: 8 hosts to go' "$rc $out"
wait_for 20 status_is 'paused .*waits for continue'
assert_has 'the run tells why' "$(cat "$work/e")" \
    'paused: too many hosts failed; to go on: inventory-manager ctl test-multi continue (or abort)'
im ctl test-multi continue
assert_eq 'continue' '0 continued' "$rc $out"
ended 2
cp "$work/config.yml" "$env_dir/config.yml"

# ---- rollback
cat >>"$env_dir/actions/hold.yml" <<ACTION
rollback:
  - name: Undo
    run: |
      while [ ! -e back ]; do sleep 0.02; done
      touch undone
ACTION
begin
im ctl test-multi rollback
assert_eq 'rollback' '0 halted, to be rolled back: 3 hosts in flight end first' "$rc $out"
im ctl test-multi skip web-09
assert_eq 'nothing starts' '5 inventory-manager: no: web-09: the run has halted: nothing starts any more' "$rc $err"
go 0 web-01 web-02
go 1 web-03
wait_for 20 status_is 'rolling back '
im ctl test-multi rollback
assert_eq 'twice' '5 inventory-manager: no: the run is rolling back already' "$rc $err"
touch "$rig"/home/web-0{1,2,3}/back
ended 3
for n in 1 2 3; do [ -e "$rig/home/web-0$n/undone" ] || fail "web-0$n was not rolled back"; done
assert_has 'they are counted' "$(cat "$work/e" "$work/o")" 'rolled back 3'

# ---- kill; a run's id or its beginning in place of ENV
begin
id=$(ls "$project/var/ctl")
im ctl "${id%???}" kill
assert_eq 'kill' '0 killed: 3 hosts in flight are cut off' "$rc $out"
ended 3
im ctl "$id" kill
assert_eq 'it is over' "5 inventory-manager: no run of $id is under way" "$rc $err"

# ---- two that only look: which one is meant?
rm -rf "$rig"/home/*/go "$rig"/home/*/waiting
(cd "$project" && exec "$im_bin" run look test-multi -l web-01) >"$work/o1" 2>&1 </dev/null &
one=$!
waiting web-01
(cd "$project" && exec "$im_bin" run look test-multi -l web-02) >"$work/o2" 2>&1 </dev/null &
two=$!
waiting web-02
im ctl test-multi abort
assert_eq 'several' 5 "$rc"
for id in $(ls "$project/var/ctl"); do assert_has 'each is named' "$err" "look of test-multi $id"; done
begin_mutating=$rig/home/web-03/waiting
(cd "$project" && exec "$im_bin" run hold test-multi -l web-03) >"$work/o" 2>"$work/e" </dev/null &
pid=$!
wait_for 20 test -e "$begin_mutating"
im ctl test-multi abort
assert_eq 'the one that changes something' '0 aborted: no new host is started; 1 host in flight goes on' "$rc $out"
go 0 web-01 web-02 web-03
wait $one || fail "one: $(cat "$work/o1")"
wait $two || fail "two: $(cat "$work/o2")"
ended 0

# ---- a run that died leaves a socket, and the next one removes it
begin
kill -9 $pid
wait $pid 2>/dev/null
assert_eq 'it is there' 1 "$(ls "$project/var/ctl" | wc -l)"
im ctl test-multi abort
assert_eq 'a dead run' '5 inventory-manager: no run of test-multi is under way' "$rc $err"
go 0 web-0{1,2,3}
wait_for 20 no_client
begin
assert_eq 'one socket' 1 "$(ls "$project/var/ctl" | wc -l)"

# ---- a socket that is gone: signals are named, the store is watched
rm "$project/var/ctl"/*
im ctl test-multi abort
assert_eq 'no socket' 1 "$rc"
assert_has 'what reaches it' "$err" "kill -TERM $pid"
(cd "$project" && exec "$im_bin" status test-multi --watch) >"$work/watched" 2>&1 </dev/null &
watcher=$!
wait_for 20 grep -q 'hold test-multi running  0/9  active 3' "$work/watched"
kill -TERM $pid
go 0 web-0{1,2,3}
ended 3
wait $watcher
assert_has 'the store knows the end' "$(tail -n 1 "$work/watched")" 'exit 3'

# ---- a root longer than a socket's path
long=$work/$(printf 'long%.0s' {1..50})
mkdir "$long"
mv "$project" "$long/project"
project=$long/project
begin
im ctl test-multi abort
assert_eq 'a long root' 0 "$rc"
go 0 web-0{1,2,3}
ended 3
finish
