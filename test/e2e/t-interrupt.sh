# Ctrl-C itself (SIGINT): once, twice, three times; and before anything started.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
start_fleet
fleet_project
mkdir -p "$project/inventory/test-multi/actions"
# Each host waits until its file `go` is there: no test of time.
cat >"$project/inventory/test-multi/actions/hold.yml" <<ACTION
name: hold
steps:
  - name: Hold
    run: |
      touch waiting
      while [ ! -e go ]; do sleep 0.05; done
ACTION
# A background job of a script ignores SIGINT; python gives it back.
begin() {
    rm -f "$project/debug.log" "$rig"/home/*/waiting "$rig"/home/*/go
    (cd "$project" && exec python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$im_bin" run hold test-multi) >"$work/o" 2>"$work/e" </dev/null &
    pid=$!
    wait_for 20 test -e "$rig/home/web-01/waiting"
    wait_for 20 test -e "$rig/home/web-02/waiting"
    wait_for 20 test -e "$rig/home/web-03/waiting"
}
let_go() { touch "$rig"/home/web-0{1,2,3}/go; }

begin
im run hold test-multi
assert_eq 'a second run is refused' 6 "$rc"
assert_has 'it names the holder' "$err" "$pid"
kill -INT "$pid"
wait_for 20 grep -q 'no new host is started' "$work/e"
kill -0 "$pid" || fail 'it left before the hosts in flight had ended'
let_go
wait "$pid"
assert_eq 'once' 3 $?
assert_eq 'in flight ended ok' 3 "$(grep -c 'completed: hold for web-0[123] in .* ok$' "$project/debug.log")"
[ ! -e "$rig/home/web-04/waiting" ] || fail 'a new host was started'
im run check test-multi
assert_eq 'the lock is free again' 0 $((rc == 6 ? 1 : 0))

begin
kill -INT "$pid"
wait_for 20 grep -q 'no new host is started' "$work/e"
kill -INT "$pid"
wait "$pid"
assert_eq 'twice' 3 $?
for n in 1 2 3; do assert_has "what may still run" "$(cat "$work/e" "$project/debug.log")" "web-0$n"; done
let_go
im status test-multi
assert_eq 'cut hosts are unknown' 3 "$(grep -cE 'web-0[123] +unknown' "$work/out")"

begin
kill -INT "$pid"
wait_for 20 grep -q 'no new host is started' "$work/e"
kill -INT "$pid"
kill -INT "$pid"
wait "$pid"
assert_eq 'three times ends it, as a signal or with its code' 0 $(($? == 3 || $? == 130 ? 0 : 1))
let_go
im status test-multi
assert_eq 'the store opens' 0 "$rc"

# Hosts that wait for their turn to connect have had nothing done to them: they are cancelled at once.
stop_fleet
start_fleet
sed -i "s/\(ansible_port: *\)[0-9]*/\1$port/" "$project/inventory/test-multi/hosts.yml"
cp "$rig/known_hosts" "$project/inventory/test-multi/known_hosts"
printf 'connect_rate: 1\nmax_parallel_workers: 9\n' >>"$project/inventory/test-multi/config.yml"
rm -f "$project/debug.log" "$rig"/home/*/{waiting,go}
(cd "$project" && exec "$im_bin" run hold test-multi) >"$work/o" 2>"$work/e" </dev/null &
pid=$!
wait_for 20 test -e "$rig/home/web-01/waiting"
kill -TERM "$pid"
wait_for 20 grep -q 'completed: hold for web-09 in .* cancelled' "$project/debug.log"
kill -0 "$pid" || fail 'it left before the host in flight had ended'
for n in 1 2 3 4; do mkdir -p "$rig/home/web-0$n" && touch "$rig/home/web-0$n/go"; done
wait "$pid"
assert_eq 'while hosts wait for their turn' 3 $?
assert_has 'the one that was there ended' "$(cat "$project/debug.log")" "completed: hold for web-01 in"
[ ! -e "$rig/home/web-09/waiting" ] || fail 'web-09 was begun after the interrupt'
[ "$(count_of accepted)" -lt 9 ] || fail 'all were connected'
finish
