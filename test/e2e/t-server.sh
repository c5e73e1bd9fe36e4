# What every SSH server must do for us, whoever wrote it: streams, ends, windows, bytes, Ctrl-C, a lost connection.
# `SERVER=dropbear bash test/e2e/t-server.sh`; docs/servers.md has the differences.
# shellcheck shell=bash disable=SC2154,SC2016
. test/e2e/lib.sh
start_servers 9
new_project
actions=$project/inventory/test-multi/actions
mkdir -p "$actions"

# fault 23: both streams, every exit status, an exit signal
im exec test-multi -- 'echo out; echo err >&2; exit 3'
assert_eq 'exit 3' 2 "$rc"
assert_eq 'stdout of each' 9 "$(printf '%s\n' "$out" | grep -c '^web-0[1-9]: out$')"
assert_eq 'stderr of each' 9 "$(printf '%s\n' "$err" | grep -c '^web-0[1-9]: err$')"
assert_eq 'its status' 9 "$(printf '%s\n' "$err" | grep -c '^web-0[1-9]: exit 3$')"
im exec test-multi -l web-01 -- 'exit 255'
assert_has '255 is the own status of a command' "$err" 'web-01: exit 255'
im exec test-multi -l web-01 -- 'kill -9 $PPID'
assert_eq 'the shell is killed' 2 "$rc"
assert_has 'an exit signal is told' "$err" 'signal 9'

# fault 24: a background child that keeps the output open
im exec test-multi -l web-01 -- 'sleep 30 & echo $! >child; echo hi'
assert_eq 'background child' 0 "$rc"
assert_has 'background child: output' "$out" 'web-01: hi'
kill "$(cat "$rig/home/child")" 2>/dev/null

# More than a window, both ways
im exec test-multi -l web-01 -- 'seq 1 300000'
assert_eq 'long output' "$(seq 1 300000 | cksum)" "$(sed 's/^web-01: //' "$work/out" | cksum)"
head -c 5000001 /dev/urandom >"$project/bytes"
im copy test-multi bytes "$rig/home/bytes.in" -l web-02
assert_eq 'copy' 0 "$rc"
cmp "$project/bytes" "$rig/home/bytes.in" || fail 'bytes changed on the way in'

# fault 43: every byte but NUL in a variable
bytes=$(/usr/bin/python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(1, 256)) + b"x")')
printf 'name: bytes\nmutating: false\nsteps:\n  - run: printf %%s "$v" >got.v\n' >"$actions/bytes.yml"
im run bytes test-multi -l web-03 -e "v=$bytes"
assert_eq 'a variable' 0 "$rc"
printf '%s' "$bytes" | cmp - "$rig/home/got.v" || fail 'a variable changed on the way'

# Many steps over one session
{
    printf 'name: many\nmutating: false\nsteps:\n'
    for ((i = 0; i < 40; i++)); do printf '  - run: echo %d >>many.$inventory_hostname\n' $i; done
} >"$actions/many.yml"
im run many test-multi -f 9
assert_eq 'forty steps' 0 "$rc"
for n in 1 5 9; do
    assert_eq 'each once, in order' "$(seq 0 39 | cksum)" "$(cksum <"$rig/home/many.web-0$n")"
done

# fault 35: Ctrl-C twice while three hosts work
slow_deploy test-multi 60
begin() { # a background job of a script ignores SIGINT; python gives it back
    rm -f "$project/debug.log" "$rig"/home/held.*
    (cd "$project" && exec python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$im_bin" deploy test-multi) >"$work/o" 2>"$work/e" </dev/null &
    pid=$!
    wait_for 20 three_held
}
begin
kill -INT "$pid"
wait_for 20 grep -q 'no new host is started' "$work/e"
kill -INT "$pid"
wait "$pid"
assert_eq 'Ctrl-C twice' 3 $?
end_held
im status test-multi
assert_eq 'cut hosts are unknown' 3 "$(grep -cE 'web-0[123] +unknown' "$work/out")"

# fault 18: the servers are gone in the middle of a step: unknown, not failed, and nothing is run again
begin
"$repo/test/servers/stop" "$rig" KILL
wait "$pid"
assert_has 'servers gone: the code' '2 3' $?
end_held
assert_eq 'servers gone' 3 "$(grep -c 'completed: deploy for web-0[123] in .* unknown' "$project/debug.log")"
assert_has 'why' "$(cat "$work/o" "$work/e")" 'connection lost'
finish
