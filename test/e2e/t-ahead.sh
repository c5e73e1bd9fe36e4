# Hosts of the next wave are connected while this one finishes; nothing runs on them before their start.  The fleet
# writes down what it saw, in order; every host waits at its step until it is let go: no test of time.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016,SC2317
. test/e2e/lib.sh
. test/e2e/fleet.sh
seen=$work/seen # login, exec, gone ADDRESS
begin_fleet() { # FLAG...
    stop_fleet
    start_fleet --events "$seen" "$@"
    sed -i "s/\(ansible_port: \)[0-9]*/\1$port/" "$project/inventory/test-multi/hosts.yml" 2>/dev/null
    cp "$rig/known_hosts" "$project/inventory/test-multi/known_hosts" 2>/dev/null
}
begin_fleet --rtt-ms 20
fleet_project
env_dir=$project/inventory/test-multi
mkdir -p "$env_dir/actions"
hold_action "$env_dir/actions/hold.yml"
setup() { printf '%s\n' 'max_parallel_workers: 3' "$@" >"$env_dir/config.yml"; }

begin() { # FLAG...: a run of hold over nine hosts, three at a time; pid.  Wave 1 waits at its step.
    rm -rf "$project/debug.log" "$rig"/home/*/go "$rig"/home/*/waiting
    : >"$seen"
    (cd "$project" && exec "$im_bin" run hold test-multi "$@") >"$work/o" 2>"$work/e" </dev/null &
    pid=$!
    waiting web-01 web-02 web-03
}
ended() { # EXPECTED CODE
    wait "$pid"
    local code=$?
    assert_eq "the run: $(cat "$work/e")" "$1" $code
}
saw() { grep -c "^$1 127.10.0.$2\$" "$seen"; } # EVENT LAST-BYTE
saw_times() { [ "$(saw "$1" "$2")" = "$3" ]; }
log_has() { grep -q -- "$1" "$project/debug.log"; }
no_start() { assert_eq "web-0$1 was not started" 0 "$(grep -c "processing: hold for server web-0$1" "$project/debug.log")"; }
# journal WHERE: rows of the newest run
journal() {
    python3 -c 'import sqlite3, sys
db = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True)
print(db.execute("select count(*) from journal where run = (select max(run) from runs) and " + sys.argv[2]).fetchone()[0])' \
        "$project/var/runs.db" "$1"
}
orders_ahead='type = 1 and kind = 0 and slot = -1' # connect, in no slot

# ---- the barrier costs no handshake
setup
begin
wait_for 20 saw_times login '[456]' 3
assert_eq 'nobody is sent a thing ahead' 0 "$(saw exec '[4-9]')"
assert_eq 'as many as there are workers' 0 "$(saw login '[789]')"
queued='Queueing action for workers: hold for server web-04'
assert_eq 'no line of its own ahead' "$queued" "$(sed -n 's/^.*\] //; /web-04/p' "$project/debug.log")"
im status test-multi
assert_has 'not active' "$out" 'active 3 '
go 0 web-01 web-02
wait_for 20 log_has 'completed: hold for web-02 in'
assert_eq 'the barrier holds' 0 "$(saw exec '[4-9]')"
go 0 web-03
waiting web-04 web-05 web-06
wait_for 20 saw_times login '[789]' 3
go 0 web-04 web-05 web-06 web-07 web-08 web-09
ended 0
assert_eq 'each was connected once' 9 "$(saw login '.')"
assert_eq 'six of them ahead' 6 "$(journal "$orders_ahead")"
assert_has 'active' "$(debug_log)" 'Worker 0 processing: hold for server web-04 (active: 1/3)'
assert_eq 'three waves' 3 "$(grep -c 'Wave [123]/3 completed' "$project/debug.log")"

# ---- connect_ahead: false
setup 'connect_ahead: false'
begin
go 0 web-0{1,2,3,4,5,6,7,8,9}
ended 0
assert_eq 'none ahead' 0 "$(journal "$orders_ahead")"
wave1_ends="(select max(seq) from journal where run = (select max(run) from runs) and type = 1 and kind = 7 and host < 3)"
assert_eq 'none before the end of the wave' 0 "$(journal "type = 1 and kind = 0 and host between 3 and 5 and seq < $wave1_ends")"
assert_eq 'all after it' 3 "$(journal "type = 1 and kind = 0 and host between 3 and 5 and seq > $wave1_ends")"

# ---- a halt closes what is ahead, at once; its hosts are untouched
setup
begin
wait_for 20 saw_times login '[456]' 3
go 7 web-01
wait_for 20 saw_times gone '[456]' 3
kill -0 "$pid" || fail 'it did not wait for the hosts in flight'
go 0 web-02 web-03
ended 3
assert_eq 'untouched' 6 "$(grep -c 'Skipped: hold for web-0[4-9] (failure budget spent)' "$project/debug.log")"
assert_eq 'nobody else was sent a thing' 0 "$(saw exec '[4-9]')"
im status test-multi
assert_has 'status' "$out" ': web-[04-09]'
for n in 4 5 6; do no_start $n; done

# ---- Ctrl-C does, and skip closes the session of its host alone
begin
wait_for 20 saw_times login '[456]' 3
im ctl test-multi skip web-05
assert_eq 'skip' 0 "$rc"
wait_for 20 saw_times gone 5 1
assert_eq 'the others stay' 0 "$(saw gone '[46]')"
kill -TERM "$pid"
wait_for 20 saw_times gone '[46]' 2
go 0 web-01 web-02 web-03
ended 3
assert_eq 'nobody else was sent a thing' 0 "$(saw exec '[4-9]')"

# ---- kill -9: they are untouched, and retry takes them
begin
wait_for 20 saw_times login '[456]' 3
kill -9 "$pid"
wait "$pid" 2>/dev/null
im status test-multi
assert_has 'untouched' "$out" ': web-[04-09]'
assert_eq 'unknown' 3 "$(printf '%s\n' "$out" | grep -cE 'web-0[123] +unknown')"
run=$(printf '%s\n' "$out" | grep -oE '[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}' | head -n 1)
rm -f "$rig"/home/*/waiting
go 0 web-0{1,2,3,4,5,6,7,8,9}
im retry "$run"
assert_eq "retry: $err" 0 "$rc"
assert_has 'retry' "$err" 'ok 9: web-[01-09]'

# ---- what fails ahead and stands is told once, when its host starts; what does not is made again
printf '%s\n' '127.10.0.5 deny' '127.10.0.6 reset kex once' >"$work/behave"
begin_fleet --behave "$work/behave"
setup 'max_fail: 5'
begin -o jsonl
wait_for 20 eval "[ \"\$(journal 'type = 0 and kind = 1 and host in (4, 5)')\" = 2 ]"
for n in 5 6; do assert_eq "web-0$n: only in the list of hosts" 1 "$(grep -c "web-0$n" "$work/o")"; done
go 0 web-0{1,2,3,4,6,7,8,9}
ended 4
assert_eq 'its outcome, once' 1 "$(grep -c 'completed: hold for web-05 in .* unreachable: auth: .* (ahead of its start)$' "$project/debug.log")"
assert_eq 'with a start' 1 "$(grep -c 'processing: hold for server web-05' "$project/debug.log")"
assert_eq 'an event' 1 "$(grep '"host_finished"' "$work/o" | grep '"web-05"' | grep -c '"reason":"auth: ')"
assert_eq 'it is asked once' 1 "$(journal 'type = 1 and kind = 0 and host = 4')"
assert_has 'made again' "$(debug_log)" 'Connecting again: hold for server web-06 (ahead of its start: kex: '
assert_has 'and ok' "$(debug_log)" 'completed: hold for web-06 in'
assert_eq 'the others' 8 "$(grep -c 'completed: hold for web-0. in .* ok$' "$project/debug.log")"

# ---- a session that dies while it waits; hosts here, and behind a program, are connected ahead as well
cat >"$work/pipe" <<'PIPE'
#!/bin/bash
exec 3<>"/dev/tcp/$1/$2"
cat <&3 & cat >&3
PIPE
chmod +x "$work/pipe"
begin_fleet
python3 - "$fleet_bin" "$rig" >"$work/second" <<'P' &
import os, signal, subprocess, sys
flags = ["--host-key", sys.argv[2] + "/host_key", "--authorized-keys", sys.argv[2] + "/id_ed25519.pub", "--user", "demo",
         "--root", sys.argv[2] + "/home", "--hosts", sys.argv[2] + "/hosts"]
def start(port):
    p = subprocess.Popen([sys.argv[1], *flags, "--port", port], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return p, p.stdout.readline().split()[1]
fleet, port = start("0")
print(port, flush=True)
def die(*_):
    global fleet
    fleet.kill(); fleet.wait()
    fleet, _port = start(port)
    print("again", flush=True)
signal.signal(signal.SIGUSR1, die)
while not os.path.exists(sys.argv[2] + "/over"):
    try: signal.sigtimedwait([], 0.05)
    except InterruptedError: pass
fleet.terminate()
P
second=$!
wait_for 20 test -s "$work/second"
second_port=$(head -n 1 "$work/second")
sed "s/\]:$port /]:$second_port /" "$rig/known_hosts" >>"$env_dir/known_hosts"
mkdir -p "$env_dir/host_vars"
echo "ansible_port: $second_port" >"$env_dir/host_vars/web-06.yml"
echo "ansible_ssh_common_args: \"-o 'ProxyCommand=$work/pipe %h %p'\"" >"$env_dir/host_vars/web-05.yml"
echo "ansible_connection: local" >"$env_dir/host_vars/web-04.yml"
sed -i 's/echo \$\$ >waiting/[ "$inventory_hostname" != web-04 ] || exit 0; echo $$ >waiting/' "$env_dir/actions/hold.yml"
begin
wait_for 20 eval "[ \"\$(journal 'type = 0 and kind = 0 and host in (3, 4, 5)')\" = 3 ]"
assert_eq 'through a program' 1 "$(saw login 5)"
kill -USR1 $second
wait_for 20 grep -q again "$work/second"
wait_for 20 eval "[ \"\$(journal 'type = 0 and kind = 13 and host = 5')\" = 1 ]"
go 0 web-0{1,2,3,4,5,6,7,8,9}
ended 0
touch "$rig/over"
wait $second
assert_has 'lost, and made again' "$(debug_log)" 'Connecting again: hold for server web-06 (ahead of its start: connection lost: '
assert_eq 'all are ok' 9 "$(grep -c 'completed: hold for web-0. in .* ok$' "$project/debug.log")"
assert_eq 'it is no failure' '' "$(grep -i warning "$work/e")"
finish
