# Ctrl-C once: hosts in flight end, no new one starts.  Twice: connections are closed.  Lock: exit 6.
. test/e2e/lib.sh
start_servers 9
new_project
slow_deploy test-multi 5
# A background job of a script has SIGINT ignored; SIGTERM means the same to us.
begin() {
    rm -f "$project/debug.log"
    (cd "$project" && exec "$im_bin" deploy test-multi) >"$work/o" 2>"$work/e" </dev/null &
    pid=$!
    wait_for 20 grep -q 'processing: deploy for server web-03' "$project/debug.log"
}
begin
im deploy test-multi
assert_eq 'a second run' 6 "$rc"
assert_has 'holder' "$err" "pid $pid"
im exec test-multi -l web-09 -- true
assert_eq 'exec beside' 0 "$rc"
kill -TERM $pid
wait $pid
assert_eq 'after one signal' 3 $?
assert_eq 'in flight ended ok' 3 "$(grep -c 'completed: deploy for web-0[123] in .* ok$' "$project/debug.log")"
assert_eq 'never started' 6 "$(grep -c 'Skipped: deploy for web-0[4-9] (aborted)' "$project/debug.log")"
slow_deploy test-multi 30
rm -f "$rig"/home/held.*
begin
wait_for 20 three_held
kill -TERM $pid
wait_for 20 grep -q 'no new host is started' "$work/e"
kill -TERM $pid
wait $pid
assert_eq 'after two signals' 3 $?
assert_eq 'killed ones are unknown' 3 "$(grep -c 'completed: deploy for web-0[123] in .* unknown: .*killed, may still run' "$project/debug.log")"
end_held
finish
