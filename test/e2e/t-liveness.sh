# A host that goes silent is given up when its keepalives are: its step is unknown, the others go on; a step
# that says nothing for its idle limit is ended.  Each deadline within a second (two on a busy machine).
# shellcheck shell=bash disable=SC2154,SC2034
. test/e2e/lib.sh
start_servers 3
new_project
config=$project/inventory/test-multi/config.yml
mkdir -p "$project/inventory/test-multi/actions"
cat >"$project/inventory/test-multi/actions/hold.yml" <<'ACTION'
name: hold
mutating: false
steps:
  - name: Hold
    run: |
      if [ "$inventory_hostname" = web-02 ]; then
        echo $$ >held.web-02
        exec sleep 20
      fi
      sleep 2
ACTION

# The sshd that serves process $1: the nearest one above it.
server_of() {
    local pid=$1
    while [ "$pid" -gt 1 ] && [ "$(cat "/proc/$pid/comm")" != sshd ]; do pid=$(awk '{print $4}' "/proc/$pid/stat"); done
    echo "$pid"
}
printf 'max_parallel_workers: 3\nkeepalive_interval: 1s\nmax_fail: 3\n' >"$config"
im run hold test-multi -l 'web-01,web-02,web-03' &
run=$!
wait_for 10 test -s "$rig/home/held.web-02"
silent=$(server_of "$(cat "$rig/home/held.web-02")")
kill -STOP "$silent"
begin=$(date +%s%N)
wait_for 20 grep -q 'completed: hold for web-02' "$project/debug.log"
took_ms=$((($(date +%s%N) - begin) / 1000000))
kill -CONT "$silent"
wait $run
log=$(debug_log)
# Three keepalives go out a second apart and the fourth second judges; the first is due within one.
printf 'silent for %s ms\n' "$took_ms"
{ [ "$took_ms" -ge 2900 ] && [ "$took_ms" -le 6000 ]; } || fail "given up after $took_ms ms, 3000 to 4000 wanted"
assert_has 'not known' "$log" 'web-02 in '
assert_has 'why' "$log" 'unknown: step 1/1 Hold: connection lost: 3 keepalives without an answer'
assert_eq 'the others are done' 2 "$(grep -c 'completed: hold for web-0[13] in 2.* ok$' "$project/debug.log")"
end_held

printf 'max_parallel_workers: 3\noutput_idle_timeout: 1s\nmax_fail: 3\n' >"$config"
seconds_of im run hold test-multi -l web-02
assert_eq 'an idle step is ended' 2 "$rc"
assert_has 'its limit is named' "$(debug_log)" 'no output for its idle limit'
{ [ "$took_ms" -ge 1000 ] && [ "$took_ms" -le 3500 ]; } || fail "idle: $took_ms ms, 1000 to 2000 wanted"
end_held
finish
