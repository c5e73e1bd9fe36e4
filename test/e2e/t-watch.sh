# On a terminal: status --watch draws in place and gives the terminal back however it ends; ctl asks before
# it cuts hosts off.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
start_fleet
fleet_project
mkdir -p "$project/inventory/test-multi/actions"
cat >"$project/inventory/test-multi/actions/hold.yml" <<ACTION
name: hold
steps:
  - name: Hold
    run: |
      touch waiting
      while [ ! -e go ]; do sleep 0.02; done
ACTION
begin() {
    rm -rf "$rig"/home/*/go "$rig"/home/*/waiting
    (cd "$project" && exec "$im_bin" run hold test-multi) >"$work/o" 2>"$work/e" </dev/null &
    pid=$!
    wait_for 20 test -e "$rig/home/web-01/waiting"
    wait_for 20 test -e "$rig/home/web-02/waiting"
    wait_for 20 test -e "$rig/home/web-03/waiting"
}
# terminal.py SCRIPT COMMAND...: the command on a terminal of 80 columns.  SCRIPT: a line each,
# `expect TEXT`, `send TEXT`, `size COLUMNS ROWS`, `signal NUMBER`, `run SHELL COMMAND`; then the end is waited
# for.  Prints what came, and last how it ended.
cat >"$work/terminal.py" <<'PY'
import fcntl, os, pty, select, signal, struct, subprocess, sys, termios, time
script = [line.split(' ', 1) for line in sys.argv[1].strip().split('\n')]
pid, fd = pty.fork()
if pid == 0:
    os.environ['TERM'] = 'xterm'
    os.execv(sys.argv[2], sys.argv[2:])
def size(columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
size(80, 24)
seen = b''
everything = b''
until = time.monotonic() + 30
def hear():
    global seen, everything
    ready, _, _ = select.select([fd], [], [], 0.05)
    if not ready:
        return time.monotonic() < until
    try:
        data = os.read(fd, 65536)
    except OSError:
        data = b''
    seen += data
    everything += data
    return data != b''
for word, rest in script:
    if word == 'expect':
        want = rest.encode().decode('unicode_escape').encode()
        while want not in seen:
            if not hear():
                print('NOT SEEN', rest, 'in', seen[-300:])
                break
        seen = seen[seen.find(want) + len(want):] if want in seen else b''
    elif word == 'send':
        os.write(fd, rest.encode().decode('unicode_escape').encode())
    elif word == 'size':
        size(*map(int, rest.split()))
    elif word == 'signal':
        os.kill(pid, int(rest))
    elif word == 'run':
        subprocess.run(rest, shell=True, check=True)
while hear():
    pass
_, status = os.waitpid(pid, 0)
print(everything.decode(errors='replace'))
print('signal', os.WTERMSIG(status)) if os.WIFSIGNALED(status) else print('exit', os.WEXITSTATUS(status))
PY
terminal() { # SCRIPT ARGUMENT...
    local script=$1
    shift
    (cd "$project" && exec python3 "$work/terminal.py" "$script" "$im_bin" "$@") >"$work/seen" 2>&1 </dev/null
    ! grep -a 'NOT SEEN' "$work/seen" || fail "seen on the terminal: $*"
}
last() { tail -n 1 "$work/seen"; }

# ---- Ctrl-C: the terminal is as it was, and we are ended by it
begin
terminal 'expect \x1b[?1049h\x1b[?25l
expect hold test-multi running
expect web-03  step 1/1 Hold
expect \x1b[J
size 40 10
expect \x1b[2J
expect \x1b[H
expect \x1b[J
send \x03
expect \x1b[?25h\x1b[?1049l' status test-multi --watch
assert_eq 'Ctrl-C' 'signal 2' "$(last)"
# The same by a signal from elsewhere, without color
terminal 'expect \x1b[H
expect \x1b[J
signal 15
expect \x1b[?25h\x1b[?1049l' status test-multi --watch --color never
assert_eq 'SIGTERM' 'signal 15' "$(last)"
assert_not 'no color' "$(cat "$work/seen")" $'\033[1m'
# Stopped and continued: out of the way meanwhile
terminal 'expect \x1b[J
send \x1a
expect \x1b[?25h\x1b[?1049l
signal 18
expect \x1b[?1049h\x1b[?25l
expect \x1b[J
signal 2' status test-multi --watch
assert_eq 'after a stop' 'signal 2' "$(last)"

# ---- ctl asks; then the run ends, and its last state stays on the terminal
terminal 'expect kill hold of test-multi: cut off 3 hosts in flight? [y/N] 
send n\n' ctl test-multi kill
assert_has 'no' "$(cat "$work/seen")" 'not confirmed; nothing was done'
assert_eq 'no: exit' 'exit 5' "$(last)"
kill -0 "$pid" || fail 'it was killed all the same'
terminal "expect \\x1b[J
run cd $project && $im_bin ctl test-multi kill
expect \\x1b[?25h\\x1b[?1049l
expect hold test-multi over" status test-multi --watch
assert_eq 'it ends with the run' 'exit 0' "$(last)"
wait "$pid"
assert_eq 'the run' 3 $?
begin
terminal 'expect killed: 3 hosts in flight are cut off' ctl test-multi kill -y
assert_eq '-y' 'exit 0' "$(last)"
wait "$pid"
begin
terminal 'expect cut off 3 hosts in flight? [y/N] 
send y\n
expect killed: 3 hosts' ctl test-multi kill
assert_eq 'yes' 'exit 0' "$(last)"
wait "$pid"
finish
