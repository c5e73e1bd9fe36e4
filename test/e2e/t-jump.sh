# Hosts behind others: -J and ProxyJump through a real sshd, ProxyCommand with real programs.  127.20.0.1 is the
# bastion, the hosts are 127.20.0.2 and up; all are one sshd, whose log tells them apart by the address.
# shellcheck shell=bash disable=SC2154,SC2016,SC2317,SC2013
. test/e2e/lib.sh
start_servers 7
new_project
env=$project/inventory/behind
export HOME=$work/user
unset SSH_AUTH_SOCK
mkdir -p "$HOME/.ssh" "$env/actions"
chmod 700 "$HOME" "$HOME/.ssh"
cp "$rig/id_ed25519" "$HOME/.ssh/id_ed25519"
cp "$rig/known_hosts" "$env/known_hosts"
config() { # what stands in ~/.ssh/config, from standard input
    cat >"$HOME/.ssh/config"
    chmod 600 "$HOME/.ssh/config" "$HOME/.ssh/id_ed25519"
}
: | config
# hosts_with ARGUMENTS OF SSH: web-02 to web-07, reached so
hosts_with() {
    cat >"$env/hosts.yml" <<HOSTS
all:
  vars:
    ansible_port: $port
    ansible_user: demo
    ansible_ssh_common_args: "$1"
    app_dir: "$rig/home/{{ inventory_hostname }}/conf"
    artifact: build/sample.tar.gz
    restart_cmd: "true"
  hosts:
HOSTS
    local n
    for n in 2 3 4 5 6 7; do printf '    web-0%d: {ansible_host: 127.20.0.%d}\n' $n $n >>"$env/hosts.yml"; done
}
settings() { printf '%s\n' "$@" >"$env/config.yml"; }
bastion=demo@127.20.0.1:$port
# How many connections came to an address since the last fresh_log; how many lines were said.
fresh_log() { : >"$rig/sshd.log"; }
came_to() { grep -c "^Connection from .* on $1 port" "$rig/sshd.log"; }
said() { printf '%s\n' "$out" "$err" | grep -c -- "$1"; }

# ---- -J: all hosts over one session, exec and deploy
hosts_with "-J $bastion"
settings 'max_parallel_workers: 6'
fresh_log
im exec behind -- 'set -- $SSH_CONNECTION; echo "from $1 at $3"'
assert_eq '-J' 0 "$rc"
for n in 2 3 4 5 6 7; do assert_has '-J' "$out" "web-0$n: from 127.0.0.1 at 127.20.0.$n"; done
assert_eq '-J: one session at the bastion' 1 "$(came_to 127.20.0.1)"
for n in 2 3 4 5 6 7; do assert_eq "-J: web-0$n" 1 "$(came_to 127.20.0.$n)"; done
im provision behind
assert_eq '-J: provision' 0 "$rc"
fresh_log
settings 'max_parallel_workers: 2' # three waves, two of them connected ahead
im deploy behind
assert_eq '-J: deploy' 0 "$rc"
for n in 2 3 4 5 6 7; do assert_eq "-J: deploy, web-0$n" 1 "$(came_to 127.20.0.$n)"; done
settings 'max_parallel_workers: 6'
for n in 2 3 4 5 6 7; do [ -L "$rig/home/web-0$n/conf/current" ] || fail "-J: deployed to web-0$n"; done
assert_eq '-J: deploy, one session at the bastion' 1 "$(came_to 127.20.0.1)"

# ---- ProxyJump: a name of ssh_config, a chain of two, of which each is one session
hosts_with ''
config <<CONFIG
Host bastion
  HostName 127.20.0.1
  Port $port
  User demo
Host inner
  HostName 127.20.0.7
  Port $port
  User demo
  ProxyJump bastion
Host 127.20.0.2
  ProxyJump bastion
Host 127.20.0.3 127.20.0.4
  ProxyJump inner
Host 127.20.0.5
  ProxyJump bastion,inner
CONFIG
fresh_log
im exec behind -l web-02,web-03,web-04,web-05,web-06 -- 'echo in'
assert_eq 'ProxyJump' 0 "$rc"
assert_eq 'ProxyJump: five hosts' 5 "$(said ': in$')"
assert_eq 'ProxyJump: one session at the bastion' 1 "$(came_to 127.20.0.1)"
assert_eq 'ProxyJump: one session at the one behind it' 1 "$(came_to 127.20.0.7)"
printf 'Host *\n  ProxyJump bastion\n' >>"$HOME/.ssh/config"
im exec behind -l web-06 -- true
assert_eq 'a circle' 1 "$rc"
assert_has 'a circle' "$err" 'ProxyJump bastion: goes in a circle'

# ---- the key of a host on the way is unknown: its name is told, and a way out that works
# fault 10: a jump host is unknown: told by its name, with a way out that works
: | config
hosts_with "-J $bastion"
print=$(ssh-keygen -lf "$rig/host_key.pub" | cut -d' ' -f2)
grep -v '^\[127.20.0.1\]' "$rig/known_hosts" >"$env/known_hosts"
im exec behind -- true
assert_eq 'unknown bastion' 4 "$rc"
why="jump 127.20.0.1: host key: unknown: ssh-ed25519 $print of 127.20.0.1 port $port is in no known_hosts"
assert_eq 'unknown bastion: told once each' 6 "$(said "unreachable: $why")"
assert_has 'unknown bastion: the way out' "$out$err" "add what \`ssh-keyscan -p $port 127.20.0.1\` prints"
assert_not 'unknown bastion: not by keys scan' "$out$err" 'keys scan'
im keys scan behind
assert_eq 'keys scan, unknown bastion' 4 "$rc"
assert_has 'keys scan, unknown bastion' "$out" "not seen: $why"
hosts_with "-J $bastion,demo@127.20.0.7:$port"
printf '[127.20.0.1]:%s %s\n' "$port" "$(cat "$rig/host_key.pub")" >"$env/known_hosts"
im exec behind -l web-02 -- true
assert_has 'unknown, and itself behind another' "$out$err" "jump 127.20.0.7: host key: unknown: ssh-ed25519 $print"
assert_has 'unknown, and itself behind another' "$out$err" "add what \`ssh 127.20.0.1 ssh-keyscan -p $port 127.20.0.7\`"

# ---- the hosts' own keys: keys scan goes through the bastion
hosts_with "-J $bastion"
im exec behind -l web-02 -- true
assert_has 'unknown host' "$out$err" "of 127.20.0.2 port $port is in no known_hosts: if it is the host's, add it with"
assert_not 'unknown host: not by ssh-keyscan from here' "$out$err" ssh-keyscan
fresh_log
im keys scan behind -y
assert_eq 'keys scan' 0 "$rc"
assert_has 'keys scan' "$out" "$print"
assert_eq 'keys scan: one session at the bastion' 1 "$(came_to 127.20.0.1)"
im exec behind -- true
assert_eq 'keys scan: all are known' 0 "$rc"
settings 'max_parallel_workers: 6' 'host_key_checking: accept-new'
: >"$env/known_hosts"
im exec behind -- true
assert_eq 'accept-new' 0 "$rc"
assert_eq 'accept-new: seven keys are noted' 7 "$(grep -c "^\[127.20.0.[1-7]\]:$port ssh-ed25519 " "$env/known_hosts")"
settings 'max_parallel_workers: 6'
cp "$rig/known_hosts" "$env/known_hosts"

# ---- denied at the bastion: asked once, counted once, told each
# fault 14: a jump host denies: asked once, counted once, each of its hosts is told
ssh-keygen -q -t ed25519 -N '' -f "$work/stranger"
printf 'Host 127.20.0.1\n  IdentityFile %s\n' "$work/stranger" | config
settings 'max_parallel_workers: 2' 'max_fail: 9'
fresh_log
im exec behind -- true
assert_eq 'denied' 4 "$rc"
why="unreachable: jump 127.20.0.1: auth: key $work/stranger not accepted as demo"
assert_eq 'denied: each is told' 6 "$(said "$why")"
assert_eq 'denied: asked once' 1 "$(came_to 127.20.0.1)"
assert_has 'denied: not the breaker' "$err" 'unreachable 6: web-[02-07]'
: | config

# ---- behind it nobody listens; the others go on
# fault 4: refused behind a jump host
settings 'max_parallel_workers: 6' 'on_failure: continue'
sed -i "s/127.20.0.3}/127.20.0.3, ansible_port: 1}/" "$env/hosts.yml"
fresh_log
im exec behind -- 'echo in'
assert_eq 'refused behind it' 4 "$rc"
why='web-03: unreachable: connect: through 127.20.0.1: 127.20.0.3 port 1: Connection refused'
assert_eq 'refused behind it: told once' 1 "$(said "$why")"
assert_eq 'refused behind it: the others' 5 "$(said ': in$')"
hosts_with "-J $bastion"

# ---- the bastion is gone in the middle of a step: unknown on each, told once, and nothing is run again
# fault 18: a jump host is gone in the middle of a step: unknown on each host, told once
"$repo/test/sshd/start" "$work/hop" 127.20.0.9 1 >/dev/null || exit $?
trap '"$repo/test/sshd/stop" "$work/hop"; cleanup' EXIT
cp "$work/hop/id_ed25519" "$HOME/.ssh/id_hop"
chmod 600 "$HOME/.ssh/id_hop"
printf 'Host 127.20.0.9\n  IdentityFile ~/.ssh/id_hop\n' | config
cat "$work/hop/known_hosts" "$rig/known_hosts" >"$env/known_hosts"
hosts_with "-J demo@127.20.0.9:$(cat "$work/hop/port")"
slow_deploy behind 300
printf 'on_failure: continue\nmax_parallel_workers: 3\nmax_fail: 9\n' >"$env/config.yml"
(cd "$project" && exec "$im_bin" deploy behind -l web-02,web-03,web-04) >"$work/out" 2>"$work/err" </dev/null &
run=$!
wait_for 30 three_held
"$repo/test/servers/stop" "$work/hop" KILL
wait $run
rc=$? out=$(cat "$work/out") err=$(cat "$work/err")
assert_eq 'bastion gone: exit' 2 "$rc"
assert_eq 'bastion gone: unknown, once each' 3 \
    "$(grep -c '^web-0[234] unknown .*(jump 127.20.0.9: connection lost' <<<"$out")"
assert_eq 'bastion gone: which' 1 "$(said 'unknown 3: web-\[02-04\]')"
assert_eq 'bastion gone: not run again' 3 "$(find "$rig/home" -name 'held.*' | wc -l)"
end_held
rm "$env/actions/deploy.yml"

# ================ ProxyCommand
: | config
settings 'max_parallel_workers: 6' 'connect_timeout: 20s'
proxy() { # COMMAND
    hosts_with ''
    printf 'Host 127.20.0.* hidden*\n  ProxyCommand %s\n' "$1" | config
}
# Nothing of ours is left when the program has ended.
none_left() { assert_eq "$1: no process is left" '' "$(grep -la -- "$work/bin/" /proc/[0-9]*/cmdline 2>/dev/null)"; }
mkdir -p "$work/bin"
cat >"$work/bin/relay" <<'PYTHON'
#!/usr/bin/python3
import os, select, socket, sys
address, port, said = sys.argv[1:4]
with open(said, "a") as f:
    f.write(" ".join(sys.argv[4:]) + "\n")
s = socket.create_connection((address, int(port)))
ends = {0: s.fileno(), s.fileno(): 1}
while ends:
    for fd in select.select(list(ends), [], [])[0]:
        data = os.read(fd, 65536)
        if not data:
            sys.exit(0)
        while data:
            data = data[os.write(ends[fd], data):]
PYTHON
cat >"$work/bin/hang" <<'SCRIPT'
#!/bin/sh
echo 'still looking for it' >&2
sh -c 'sleep 300; : '"$0" &
wait
SCRIPT
cat >"$work/bin/no" <<'SCRIPT'
#!/bin/sh
printf 'first words\n\033[31mno way to %s\007\n' "$1" >&2
exit 1
SCRIPT
chmod 755 "$work"/bin/*

# ---- ssh -W, one program a host
cp "$rig/known_hosts" "$env/known_hosts"
options="-o BatchMode=yes -o UserKnownHostsFile=$env/known_hosts -o KexAlgorithms=curve25519-sha256"
proxy "ssh -F none $options -i $HOME/.ssh/id_ed25519 -p $port -W [%h]:%p demo@127.20.0.1"
fresh_log
im exec behind -- 'set -- $SSH_CONNECTION; echo "at $3"'
assert_eq 'ssh -W' 0 "$rc"
assert_eq 'ssh -W: all six' 6 "$(said ': at 127.20.0.[2-7]$')"
assert_eq 'ssh -W: a session for each' 6 "$(came_to 127.20.0.1)"

# ---- tokens; a name that only the program knows
proxy "$work/bin/relay 127.20.0.3 $port $work/tokens '%h %p %r %n %%' \"\$HOME\""
im exec behind -l web-02 -e ansible_host=hidden-7 -- 'set -- $SSH_CONNECTION; echo "at $3"'
assert_eq 'tokens: its key is asked for by that name' 4 "$rc"
assert_has 'tokens: its key is asked for by that name' "$out$err" "of hidden-7 port $port is in no known_hosts"
printf '[hidden-7]:%s %s\n' "$port" "$(cat "$rig/host_key.pub")" >>"$env/known_hosts"
rm "$work/tokens"
im exec behind -l web-02 -e ansible_host=hidden-7 -- 'set -- $SSH_CONNECTION; echo "at $3"'
assert_eq 'tokens' 0 "$rc"
assert_has 'tokens' "$out" 'at 127.20.0.3'
assert_eq 'tokens' "hidden-7 $port demo hidden-7 % $HOME" "$(cat "$work/tokens")"
none_left 'tokens'
# health checks over the network go straight from here, whatever the way of ssh
cat >"$env/actions/look.yml" <<ACTION
name: look
steps:
  - {name: Work, run: "true"}
health_check:
  - {name: Answers, http: {port: 1}}
ACTION
settings 'health_check_retries: 1' 'health_check_interval: 10ms'
im run look behind -l web-02 -e ansible_host=hidden-7
assert_eq 'health check' 2 "$rc"
assert_has 'health check' "$out" 'web-02 step 1/1 Work ok'
assert_has 'health check' "$out" 'check 1/1 Answers failed'
assert_has 'health check' "$out" 'name look-up: '

# ---- it says why, and exits 1: no server that throttles
proxy "$work/bin/no %h"
im exec behind -l web-02,web-03 -- true
assert_eq 'exits 1' 4 "$rc"
for n in 2 3; do
    why="(the proxy command ended with exit code 1, saying: .x1b\[31mno way to 127.20.0.$n.x07)"
    assert_eq 'exits 1: told once each, harmless' 1 "$(said "web-0$n: unreachable: .* $why$")"
done
assert_not 'exits 1' "$out$err" throttled
proxy "$work/bin/nosuch %h"
im exec behind -l web-02 -- true
assert_eq 'not there' 4 "$rc"
assert_has 'not there' "$out$err" "(the proxy command ended with exit code 127, saying: /bin/sh: "

# ---- it hangs
proxy "$work/bin/hang"
settings 'connect_timeout: 1s'
im exec behind -l web-02,web-03 -- true
assert_eq 'hangs' 4 "$rc"
why='kex: no answer in time (no banner) (the proxy command said: still looking for it)'
assert_eq 'hangs' 2 "$(said "unreachable: $why$")"
none_left 'hangs'

# ---- Ctrl-C while it hangs: who was never connected is cancelled at once, and nothing is left of it
settings 'connect_timeout: 60s'
(cd "$project" && exec "$im_bin" exec behind -- true) >"$work/out" 2>"$work/err" </dev/null &
run=$!
some_hang() { grep -lqa "$work/bin/hang" /proc/[0-9]*/cmdline; }
wait_for 30 some_hang
kill -INT $run
wait $run
rc=$? out=$(cat "$work/out") err=$(cat "$work/err")
assert_eq 'ended while it hangs' 3 "$rc"
assert_has 'ended while it hangs' "$err" 'web-02: cancelled: aborted before a step was sent'
none_left 'interrupted'

# ---- it dies in the middle of a step
# fault 18: a proxy command dies in the middle of a step
proxy "$work/bin/relay %h %p $work/tokens"
slow_deploy behind 300
settings 'on_failure: continue' 'max_parallel_workers: 3' 'max_fail: 9'
(cd "$project" && exec "$im_bin" deploy behind -l web-02,web-03,web-04) >"$work/out" 2>"$work/err" </dev/null &
run=$!
wait_for 30 three_held
for p in $(grep -la "$work/bin/relay" /proc/[0-9]*/cmdline 2>/dev/null); do
    p=${p#/proc/}
    kill -KILL "${p%/cmdline}" 2>/dev/null
done
wait $run
rc=$? out=$(cat "$work/out") err=$(cat "$work/err")
end_held
assert_eq 'it dies: exit' 2 "$rc"
assert_eq 'it dies: unknown, once each' 3 \
    "$(grep -c '^web-0[234] unknown .*(the proxy command ended by signal 9)' <<<"$out")"
none_left 'it dies'
finish
